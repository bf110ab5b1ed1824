import { writeFile } from 'node:fs/promises';
import { appendAudit } from '../audit/index.ts';
import type { Config } from '../config.ts';
import { systemViewer } from '../identity/viewer.ts';
import { parseInstant } from '../imports/local-time.ts';
import { type ClosingScope, closeLedgers, ledgerSheets } from '../ledger/index.ts';
import { writeCsv, xlsxBookBytes, xlsxSheet } from '../spreadsheets/index.ts';
import { CommandFailure, findArea, withDatabase } from './open.ts';

/**
 * Closes the period of the ledgers of an area, or of one community, and prints how many it closed.
 *
 * @param until a local date or instant, itself not in the period; the last month end where nothing is said
 */
export async function close(
  config: Config,
  { area: code, community, until }: { readonly area?: string; readonly community?: string; readonly until?: string },
  print: (line: string) => void,
): Promise<void> {
  await withDatabase(config, async (database) => {
    const area = await findArea(database, code);
    const scope: ClosingScope =
      community === undefined
        ? { wholeArea: true }
        : { communityId: (await findCommunity(database, area.id, community)).id };
    const end = until === undefined ? null : readInstant('--until', until, area.utcOffsetMinutes);
    const closing = await closeLedgers(database, systemViewer(area.id), scope, end, new Date());
    const at = new Date(closing.until.getTime() + area.utcOffsetMinutes * 60_000).toISOString().slice(0, 16);
    print(
      `${area.name} (${area.code}): ${closing.closed} ledgers closed up to ${at.replace('T', ' ')} local time, ` +
        `${closing.closedBefore} were closed so far already`,
    );
  });
}

type ExportFlags = {
  readonly area?: string;
  /** Of the community; without it the book of the whole area. */
  readonly community?: string;
  readonly category: string;
  readonly from?: string;
  readonly to?: string;
};

/**
 * Writes a ledger as a spreadsheet of three sheets, or where the file's name ends in `.csv` as three CSV files, the second
 * and third named after their sheets.
 */
export async function exportLedger(
  config: Config,
  file: string,
  { area: code, community, category, from, to }: ExportFlags,
  print: (line: string) => void,
): Promise<void> {
  if (!/\.(xlsx|csv)$/i.test(file)) throw new CommandFailure('FILE must end in .xlsx or .csv');
  await withDatabase(config, async (database) => {
    const area = await findArea(database, code);
    const communityId = community === undefined ? null : (await findCommunity(database, area.id, community)).id;
    const ledger = await database.prisma.ledger.findFirst({
      where: { areaId: area.id, communityId, category: { code: category } },
    });
    if (ledger === null)
      throw new CommandFailure(
        `There is no ledger of ${category} ${community ? `in ${community}` : 'of the whole area'}`,
      );
    const scope = {
      ledgerId: ledger.id,
      from: from === undefined ? new Date(0) : readInstant('--from', from, area.utcOffsetMinutes),
      to: to === undefined ? new Date() : readInstant('--to', to, area.utcOffsetMinutes),
    };
    const viewer = systemViewer(area.id);
    const { entries, balances, transfers } = await ledgerSheets(database, viewer, scope);
    const body = { from: scope.from.toISOString(), to: scope.to.toISOString() };
    const exported = { action: 'ledger.export', subjectType: 'Ledger', subjectId: ledger.id, body };
    await database.transaction((tx) => appendAudit(tx, viewer, exported, new Date()));
    if (/\.xlsx$/i.test(file)) {
      const sheets = [await xlsxSheet(entries), await xlsxSheet(balances), await xlsxSheet(transfers)];
      await writeFile(file, await xlsxBookBytes(sheets));
      return print(`Wrote ${file}`);
    }
    const beside = (name: string) => file.replace(/(\.csv)$/i, `-${name}$1`);
    await writeCsv(entries, file);
    await writeCsv(balances, beside(balances.name));
    await writeCsv(transfers, beside(transfers.name));
    print(`Wrote ${file}, ${beside(balances.name)} and ${beside(transfers.name)}`);
  });
}

async function findCommunity(database: Parameters<typeof findArea>[0], areaId: string, externalId: string) {
  const community = await database.prisma.community.findUnique({
    where: { areaId_externalId: { areaId, externalId } },
  });
  if (community === null) throw new CommandFailure(`There is no community ${externalId}`);
  return community;
}

function readInstant(flag: string, text: string, utcOffsetMinutes: number): Date {
  const instant = parseInstant(text, utcOffsetMinutes);
  if (instant === null) throw new CommandFailure(`${flag} must be a local date or an instant, e.g. 2026-11-01`);
  return instant;
}
