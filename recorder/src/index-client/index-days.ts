import type { ChainEntry } from '@nigehban/domain/footage.ts';
import { type FootageDay, planMissingDays } from '@nigehban/domain/footage-days.ts';
import type postgres from 'postgres';

/** The days for which the index has a place, as far as this client met them. */
export class IndexDays {
  readonly #sql: postgres.Sql;
  readonly #known = new Set<FootageDay>();

  constructor(sql: postgres.Sql) {
    this.#sql = sql;
  }

  /** Makes the days that these entries need, before they are inserted. Throws PostgreSQL's errors. */
  async provide(entries: readonly ChainEntry[], nowUs: number): Promise<void> {
    const starts = entries.map((entry) => entry.startUs);
    for (const day of planMissingDays(starts, this.#known, nowUs)) {
      await this.#sql`select add_footage_day(${day}::int)`;
      this.#known.add(day);
    }
  }

  /** The index may be another one by now. */
  forget(): void {
    this.#known.clear();
  }
}
