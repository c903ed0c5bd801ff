export interface ListenIp {
  readonly ip: string;
  readonly announcedAddress?: string;
}

/**
 * Where WebRTC listens. Without a wish: on every IPv4 address of this machine, or on loopback alone
 * when the console is served there alone. An address that is not this machine's own (translation,
 * container) is announced in place of its first own one.
 */
export function planListenIps(
  wished: readonly string[],
  consoleHost: string,
  own: readonly { readonly address: string; readonly internal: boolean }[],
): readonly ListenIp[] {
  if (wished.length > 0) {
    const foreign = wished.filter((address) => !own.some((one) => one.address === address));
    const listed = wished.filter((address) => !foreign.includes(address)).map((ip) => ({ ip }));
    const spare = own.filter(
      (one) => !one.internal && !listed.some((listen) => listen.ip === one.address),
    );
    return [
      ...listed,
      ...foreign.map((announcedAddress, index) => ({
        ip: spare[index]?.address ?? '0.0.0.0',
        announcedAddress,
      })),
    ];
  }
  if (consoleHost === '127.0.0.1' || consoleHost === 'localhost') return [{ ip: '127.0.0.1' }];
  const outer = own.filter((one) => !one.internal).map((one) => ({ ip: one.address }));
  return [{ ip: '127.0.0.1' }, ...outer];
}
