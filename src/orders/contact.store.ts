import { appendAudits } from '../audit/index.ts';
import type { Database } from '../database/database.ts';
import { may, reachOf } from '../identity/policy.ts';
import type { Viewer } from '../identity/viewer.ts';
import { keyringIn, latestConsent, maskAddress, maskName, maskPhone, openField, permits } from '../privacy/index.ts';

/** Whom the provider serves, and where (服务对象联系方式). */
export type OrderContact = { readonly name: string; readonly phone: string | null; readonly address: string | null };

/** For what the contact of an order is shown, as the audit log has it. */
export const CONTACT_PURPOSE = 'ORDER_IN_PROGRESS';

/**
 * The contacts of orders, unmasked: only while an order is accepted or in service, and only for those whom the policy lets
 * see it. Each showing is an audit entry with the purpose ORDER_IN_PROGRESS, once for each viewer, order and day (UTC); to
 * the resident themselves it is shown without one. A provider sees it masked, and that is no entry, where the resident's
 * consent to SHARING_WITH_PROVIDERS is lacking; staff of the office see it. What was audited today is only looked up, so a chain of the audit log is
 * locked by the first showing of a day alone, and for no longer than two statements.
 *
 * @param orderIds may name one several times
 * @returns one element an order, in their order; `null` where there is nothing to show to the viewer
 */
export async function showContacts(
  database: Database,
  viewer: Viewer,
  orderIds: readonly string[],
  now: Date,
): Promise<readonly (OrderContact | null)[]> {
  const orders = await database.prisma.order.findMany({
    where: { id: { in: [...orderIds] }, areaId: viewer.areaId, state: { in: ['ACCEPTED', 'IN_SERVICE'] } },
    select: {
      id: true,
      areaId: true,
      communityId: true,
      providerId: true,
      need: {
        select: {
          resident: {
            select: {
              id: true,
              isSealed: true,
              key: true,
              name: true,
              phone: true,
              address: true,
              basis: true,
              consentRecords: latestConsent('SHARING_WITH_PROVIDERS'),
            },
          },
        },
      },
    },
  });
  const shown = orders.flatMap(({ need: { resident }, providerId, ...order }) => {
    if (resident === null) return [];
    const belonging = { ...order, residentId: resident.id };
    if (!may(viewer, 'resident.contact', { ...belonging, providerId })) return [];
    const isProvider = !may(viewer, 'resident.contact', belonging);
    const isMasked = isProvider && !permits(resident.basis, resident.consentRecords[0]?.given ?? null);
    return [{ orderId: order.id, resident, isMasked }];
  });
  const own = reachOf(viewer, 'resident.contact').residentIds;
  const ofOthers = shown.filter(({ resident, isMasked }) => !isMasked && !own.includes(resident.id));
  await auditShowing(
    database,
    viewer,
    ofOthers.map(({ orderId, resident }) => ({ orderId, residentId: resident.id })),
    now,
  );
  const keyring = keyringIn(database.prisma);
  const contactOf = new Map(
    shown.map(({ orderId, resident, isMasked }): [string, OrderContact] => {
      const name = openField(keyring, resident, 'name', resident.name) ?? '';
      const phone = openField(keyring, resident, 'phone', resident.phone);
      const address = openField(keyring, resident, 'address', resident.address);
      if (!isMasked) return [orderId, { name, phone, address }];
      return [
        orderId,
        { name: maskName(name), phone: phone && maskPhone(phone), address: address && maskAddress(address) },
      ];
    }),
  );
  return orderIds.map((id) => contactOf.get(id) ?? null);
}

type Showing = { readonly orderId: string; readonly residentId: string };

async function auditShowing(
  database: Database,
  viewer: Viewer,
  showings: readonly Showing[],
  now: Date,
): Promise<void> {
  if (showings.length === 0) return;
  const userId = viewer.userId ?? LIANGDAN_ITSELF;
  const date = new Date(now.toISOString().slice(0, 10));
  const orderIds = showings.map(({ orderId }) => orderId);
  const audited = await database.prisma.contactView.findMany({
    where: { orderId: { in: orderIds }, userId, date },
    select: { orderId: true },
  });
  const before = new Set(audited.map(({ orderId }) => orderId));
  const anew = showings.filter(({ orderId }) => !before.has(orderId));
  if (anew.length === 0) return;
  await database.transaction(async (tx) => {
    // Another request of theirs may be showing the same; whose row it is writes the entry.
    const written = await tx.$queryRaw<{ orderId: string }[]>`
      INSERT INTO contact_views (area_id, order_id, user_id, date)
      SELECT ${viewer.areaId}::uuid, order_id, ${userId}::uuid, ${date}::date
      FROM unnest(${anew.map(({ orderId }) => orderId).sort()}::uuid[]) AS shown (order_id)
      ON CONFLICT DO NOTHING RETURNING order_id AS "orderId"`;
    const mine = new Set(written.map(({ orderId }) => orderId));
    const entries = anew.flatMap(({ orderId, residentId }) => {
      const showing = { action: 'resident.contact', subjectType: 'Resident', subjectId: residentId };
      return mine.has(orderId) ? [{ ...showing, purpose: CONTACT_PURPOSE, body: { orderId } }] : [];
    });
    await appendAudits(tx, viewer, entries, now);
  });
}

const LIANGDAN_ITSELF = '00000000-0000-0000-0000-000000000000';
