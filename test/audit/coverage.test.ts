import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifyAudit } from '../../src/audit/index.ts';
import type { Database } from '../../src/database/database.ts';
import type { LedgerEntryKind } from '../../src/generated/prisma/enums.ts';
import { scratchDatabase } from '../database/scratch.ts';
import { act, CALLS, mutations, stage } from '../graphql/mutation-calls.ts';

/** What is done most often is in the chain of its ledger, with who did it; one entry more for the same would say nothing new. */
const CHAINED_IN_THE_LEDGER: Readonly<Record<string, LedgerEntryKind>> = {
  registerNeed: 'NEED_REGISTERED',
  withdrawNeed: 'NEED_WITHDRAWN',
  dispatchOrder: 'ORDER_EVENT',
  chooseCandidate: 'ORDER_EVENT',
  acceptOrder: 'ORDER_EVENT',
  declineOrder: 'ORDER_EVENT',
  startOrder: 'ORDER_EVENT',
  fulfilOrder: 'ORDER_EVENT',
  confirmOrder: 'ORDER_EVENT',
  disputeOrder: 'ORDER_EVENT',
  settleOrder: 'ORDER_EVENT',
  cancelOrder: 'ORDER_EVENT',
  appraiseOrder: 'APPRAISAL',
  recordRecognition: 'TRANSFER',
  spendRecognition: 'TRANSFER',
};

/** All other mutations, and the action by which the audit log has them. */
const AUDITED: Readonly<Record<string, string>> = {
  amendNeed: 'need.amend',
  saveService: 'service.save',
  withdrawService: 'service.withdraw',
  saveProvider: 'provider.save',
  saveCommunity: 'community.save',
  saveCategory: 'category.save',
  saveResident: 'resident.save',
  saveScoringProfile: 'scoringProfile.save',
  runMatch: 'match.start',
  setSlaTerm: 'sla.set',
  removeSlaTerms: 'sla.remove',
  setWorkingHours: 'area.setWorkingHours',
  handleNotice: 'notice.handle',
  reverseTransfer: 'transfer.reverse',
  revealResident: 'resident.reveal',
  recordConsent: 'consent.withdraw',
  exportResident: 'resident.export',
  eraseResident: 'resident.erase',
  closeLedgerPeriod: 'ledger.close',
  closeCommunityLedgers: 'ledger.close',
  closeAreaLedgers: 'ledger.close',
  saveProgramme: 'programme.save',
  suspendProgramme: 'programme.move',
  resumeProgramme: 'programme.move',
  closeProgramme: 'programme.move',
  draftSettlement: 'settlement.draft',
  approveSettlement: 'settlement.approve',
  paySettlement: 'settlement.pay',
  cancelSettlement: 'settlement.cancel',
  registerUser: 'user.register',
  grantRole: 'user.grant',
  revokeRole: 'user.revoke',
  nameCaregiver: 'caregiver.name',
  acceptCaregiving: 'caregiver.accept',
  dismissCaregiver: 'caregiver.dismiss',
};

/** Names, telephones and words of the planted people and of the calls: none of them belongs into an entry. */
const PERSONAL = /杨秀英|龙老四|吴建国|潘阿姨|李娜|13808550000|1950-|已另约|上门核实 |不需要了/;
const ORIGIN = { address: '10.20.30.40', requestId: 'a-request' };

describe('what is done by each mutation', () => {
  let database: Database;
  beforeAll(async () => {
    database = await scratchDatabase('EMBEDDED');
  });
  afterAll(() => database.close());

  it('is either chained in a ledger or in the audit log', () => {
    const listed = [...Object.keys(CHAINED_IN_THE_LEDGER), ...Object.keys(AUDITED)];
    expect(Object.keys(mutations).filter((name) => !listed.includes(name))).toEqual([]);
    expect(listed.filter((name) => !(name in mutations))).toEqual([]);
  });

  it.each(Object.entries(CHAINED_IN_THE_LEDGER))(
    '%s is chained in the ledger as %s, with who did it',
    async (name, kind) => {
      const at = await stage(database, `LEDGER-${name}`);
      const { viewer, input } = await CALLS[name]!(at);
      const ofLedger = { ledger: { areaId: at.area.areaId }, kind, actorId: viewer.userId } as const;
      const before = await database.prisma.ledgerEntry.count({ where: ofLedger });
      const answer = await act(at, name, { viewer, input });
      expect(answer.code, answer.message).toBeUndefined();
      expect(await database.prisma.ledgerEntry.count({ where: ofLedger })).toBeGreaterThan(before);
    },
  );

  it.each(Object.entries(AUDITED))(
    '%s is in the audit log as %s: who, as what, and from where',
    async (name, action) => {
      const at = await stage(database, `AUDIT-${name}`);
      const { areaId } = at.area;
      const { viewer, input } = await CALLS[name]!(at);
      const before = await database.prisma.auditEntry.findMany({ where: { areaId }, select: { id: true } });
      const answer = await act(at, name, { viewer: { ...viewer, origin: ORIGIN }, input });
      expect(answer.code, answer.message).toBeUndefined();
      const entries = await database.prisma.auditEntry.findMany({
        where: { areaId, id: { notIn: before.map(({ id }) => id) } },
      });
      const done = entries.find((entry) => entry.action === action);
      expect(done, entries.map((entry) => entry.action).join(', ')).toMatchObject({
        actorId: viewer.userId,
        roles: viewer.grants.map(({ role }) => role),
        ...ORIGIN,
      });
      expect(JSON.stringify(entries)).not.toMatch(PERSONAL);
      const faults: unknown[] = [];
      await verifyAudit(database, areaId, (fault) => faults.push(fault));
      expect(faults).toEqual([]);
    },
  );

  it('leaves no entry where it is refused', async () => {
    const at = await stage(database, 'REFUSED');
    const { input } = await CALLS.saveProvider!(at);
    const answer = await act(at, 'saveProvider', { viewer: at.people.admin, input: { ...input, version: 99 } });
    expect(answer.code).toBe('CONFLICT');
    expect(await database.prisma.auditEntry.count({ where: { areaId: at.area.areaId } })).toBe(0);
  });
});
