import { deflateRawSync } from 'node:zlib';
import { expect, test } from 'vitest';
import writeXlsxFile from 'write-excel-file/node';
import { checkZip } from './check-zip.ts';
import { readTable } from './read-table.ts';

const fault = (code: string) => expect.objectContaining({ code });
const text = 'ضلع;PS No.;name\r\nلاہور;42;"A;B"\r\n\r\n;43;\r\n';
const rows = [
  { row: 2, cells: ['لاہور', '42', 'A;B'] },
  { row: 4, cells: ['', '43', ''] },
];

const utf16be = (body: string) => Buffer.from(body, 'utf16le').swap16();

test.each([
  ['UTF-8', Buffer.from(text)],
  ['UTF-8 with a byte-order mark', Buffer.from(`\ufeff${text}`)],
  ['UTF-16LE', Buffer.from(`\ufeff${text}`, 'utf16le')],
  ['UTF-16BE', utf16be(`\ufeff${text}`)],
  ['UTF-16LE without a mark', Buffer.from(`PS;No\r\n${text}`, 'utf16le').subarray(14)],
  ['tabs', Buffer.from(text.replace('"A;B"', 'A,B').replaceAll(';', '\t').replace('A,B', 'A;B'))],
])('text is read: %s', async (_name, file) => {
  const table = await readTable(file);
  expect(table.format).toBe('csv');
  expect(table.header).toEqual(['ضلع', 'PS No.', 'name']);
  expect(table.rows).toEqual(rows);
});

test('a workbook gives what people see: numbers whole, dates as dates, long serials unbroken', async () => {
  const file = await writeXlsxFile([
    ['serial', 'when', 'lat', 'formula', 'yes'].map((value) => ({ value, type: String })),
    [
      { value: 123_456_789_012_345, type: Number },
      { value: new Date('2024-02-08T00:00:00Z'), type: Date, format: 'dd/mm/yyyy' },
      { value: 31.5497, type: Number },
      { value: 'SUM(1,2)', type: 'Formula' },
      { value: true, type: Boolean },
    ],
  ]).toBuffer();
  const table = await readTable(file);
  expect(table.format).toBe('xlsx');
  // A formula that was never calculated has no value.
  expect(table.rows).toEqual([
    { row: 2, cells: ['123456789012345', '2024-02-08', '31.5497', '', 'true'] },
  ]);
});

/** A ZIP file with one entry that says of its size what it likes. */
function zipOf(content: Buffer, saidBytes: number, encrypted = false): Buffer {
  const packed = deflateRawSync(content);
  const name = Buffer.from('xl/worksheets/sheet1.xml');
  const header = (signature: number, extraBytes: number) => {
    const bytes = Buffer.alloc(extraBytes);
    bytes.writeUInt32LE(signature, 0);
    return bytes;
  };
  const local = header(0x04034b50, 30);
  local.writeUInt16LE(8, 8);
  local.writeUInt16LE(name.length, 26);
  const entry = header(0x02014b50, 46);
  entry.writeUInt16LE(encrypted ? 1 : 0, 8);
  entry.writeUInt16LE(8, 10);
  entry.writeUInt32LE(packed.length, 20);
  entry.writeUInt32LE(saidBytes, 24);
  entry.writeUInt16LE(name.length, 28);
  const end = header(0x06054b50, 22);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(local.length + name.length + packed.length, 16);
  return Buffer.concat([local, name, packed, entry, name, end]);
}

test('a bomb is recognised by what comes out, whatever it says of itself', () => {
  const bomb = zipOf(Buffer.alloc(4_000_000), 100);
  expect(bomb.length).toBeLessThan(8_000);
  expect(() => checkZip(bomb, { entries: 10, unpackedBytes: 1_000_000 })).toThrow(
    fault('PLAN_FILE_TOO_LARGE'),
  );
  expect(() => checkZip(bomb, { entries: 0, unpackedBytes: 10_000_000 })).toThrow(
    fault('PLAN_FILE_TOO_LARGE'),
  );
  expect(() => checkZip(bomb, { entries: 10, unpackedBytes: 10_000_000 })).not.toThrow();
});

test('what is no workbook, is cut off or has a password is refused with a code', async () => {
  const good = zipOf(Buffer.from('<x/>'), 4);
  await expect(readTable(good)).rejects.toThrow(fault('PLAN_FILE_INVALID'));
  await expect(readTable(good.subarray(0, 40))).rejects.toThrow(fault('PLAN_FILE_INVALID'));
  await expect(readTable(zipOf(Buffer.from('<x/>'), 4, true))).rejects.toThrow('password');
  await expect(readTable(Buffer.from('only,a,header\n'))).rejects.toThrow(
    fault('PLAN_FILE_INVALID'),
  );
  await expect(readTable(Buffer.from([0xff, 0xd8, 0xff, 0xe0, 1, 2]))).rejects.toThrow(
    fault('PLAN_FILE_INVALID'),
  );
  await expect(readTable(Buffer.from('a,b\n"open'))).rejects.toThrow(fault('PLAN_INVALID'));
  const endless = `a\n${'x\n'.repeat(120_001)}`;
  await expect(readTable(Buffer.from(endless))).rejects.toThrow(fault('PLAN_FILE_TOO_LARGE'));
});
