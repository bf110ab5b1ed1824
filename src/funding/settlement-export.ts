import { UNIT_TERMS } from '../communities/category.ts';
import type { Database } from '../database/database.ts';
import { NotFound } from '../failures.ts';
import type { ServiceUnit } from '../generated/prisma/enums.ts';
import { demandAtAll } from '../identity/policy.ts';
import type { Viewer } from '../identity/viewer.ts';
import { localDateOf } from '../imports/local-time.ts';
import { type Sheet, type SheetColumn, yuanOfFen } from '../spreadsheets/index.ts';
import { settlementsInReach } from './settlement.store.ts';
import { SETTLEMENT, SETTLEMENT_STATES } from './settlement.ts';

/** One line of a settlement as an office files it; it names no resident. */
type StatementLine = {
  readonly place: number;
  readonly transferId: string;
  readonly orderId: string;
  readonly community: string;
  readonly category: string;
  readonly service: string;
  readonly quantity: number;
  readonly unit: ServiceUnit;
  readonly unitPriceFen: number;
  readonly fulfilledAt: Date | null;
  readonly confirmedAt: Date;
  readonly amountFen: bigint;
};

const COLUMNS: readonly SheetColumn<StatementLine>[] = [
  { title: '序号', width: 6, kind: 'INTEGER', value: ({ place }) => place },
  { title: '订单编号', width: 38, kind: 'TEXT', value: ({ orderId }) => orderId },
  { title: '社区', width: 16, kind: 'TEXT', value: ({ community }) => community },
  { title: '类别', width: 16, kind: 'TEXT', value: ({ category }) => category },
  { title: '服务', width: 28, kind: 'TEXT', value: ({ service }) => service },
  { title: '完成数量', width: 10, kind: 'INTEGER', value: ({ quantity }) => quantity, sum: true },
  { title: '计量单位', width: 10, kind: 'TEXT', value: ({ unit }) => UNIT_TERMS[unit][0] },
  { title: '单价（元）', width: 12, kind: 'FEN', value: ({ unitPriceFen }) => unitPriceFen },
  { title: '完成时间', width: 20, kind: 'INSTANT', value: ({ fulfilledAt }) => fulfilledAt },
  { title: '办结时间', width: 20, kind: 'INSTANT', value: ({ confirmedAt }) => confirmedAt },
  { title: '结算金额（元）', width: 14, kind: 'FEN', value: ({ amountFen }) => amountFen, sum: true },
];

const LINES_PER_PAGE = 1000;
const BEFORE_ALL = '00000000-0000-0000-0000-000000000000';

/**
 * A settlement as the sheet that an office files (结算单): what is settled, of whom, for which period, and one row a line, in
 * the order of its transfers.
 *
 * @throws NotSignedIn, NotAllowed, NotFound
 */
export async function settlementSheet(
  database: Database,
  viewer: Viewer,
  settlementId: string,
): Promise<Sheet<StatementLine>> {
  demandAtAll(viewer, 'settlement.read');
  const settlement = await database.prisma.settlement.findFirst({
    where: { AND: [{ id: settlementId }, settlementsInReach(viewer)] },
    include: { area: true, programme: true, provider: true },
  });
  if (settlement === null) throw new NotFound(SETTLEMENT);
  const { area, programme, provider, periodFrom, periodTo, state, totalFen } = settlement;
  const { utcOffsetMinutes } = area;
  const dateOf = (instant: Date) => localDateOf(instant, utcOffsetMinutes);
  // The period ends before its end: its last day is that of the instant before.
  const lastDay = dateOf(new Date(periodTo.getTime() - 1));
  return {
    name: `结算单 ${provider.name}`,
    preamble: [
      `${area.name}资金项目结算单`,
      `资金项目：${programme.name}（${programme.externalId}）`,
      `供给主体：${provider.name}（${provider.externalId}）`,
      `结算期间：${dateOf(periodFrom)} 至 ${lastDay}`,
      `状态：${SETTLEMENT_STATES[state].zh}　合计：${yuanOfFen(totalFen)}元　编号：${settlementId}`,
    ],
    columns: COLUMNS,
    // A line shows what was served and posted, from ledgers that its provider does not read.
    rows: readLines(database.system, settlementId),
    utcOffsetMinutes,
  };
}

async function* readLines(database: Database, settlementId: string): AsyncGenerator<StatementLine> {
  let place = 0;
  let after = BEFORE_ALL;
  for (;;) {
    const page = await database.prisma.$queryRaw<Omit<StatementLine, 'place'>[]>`
      SELECT t.id AS "transferId", o.id AS "orderId", m.name AS community, c.name AS category, s.name AS service,
        COALESCE(o.fulfilled_quantity, o.quantity) AS quantity, o.unit::text, o.unit_price_fen AS "unitPriceFen",
        o.fulfilled_at AS "fulfilledAt", t.resolved_at AS "confirmedAt", line.amount_fen AS "amountFen"
      FROM settlement_lines line JOIN transfers t ON t.id = line.transfer_id JOIN orders o ON o.id = t.order_id
        JOIN communities m ON m.id = o.community_id JOIN categories c ON c.id = o.category_id JOIN services s ON s.id = o.service_id
      WHERE line.settlement_id = ${settlementId}::uuid AND t.id > ${after}::uuid
      ORDER BY t.id LIMIT ${LINES_PER_PAGE}`;
    for (const line of page) {
      place += 1;
      yield { ...line, place };
    }
    if (page.length < LINES_PER_PAGE) return;
    after = page.at(-1)!.transferId;
  }
}
