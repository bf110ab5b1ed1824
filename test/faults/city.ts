import type { Database } from '../../src/database/database.ts';
import type { DevelopmentIssuer } from '../../src/identity/tokens.ts';
import { systemViewer } from '../../src/identity/viewer.ts';
import { setSlaTerm } from '../../src/orders/sla.store.ts';
import type { Person } from './client.ts';
import type { Random } from './random.ts';

/** An area with people who act in it. */
export type City = {
  readonly areaId: string;
  readonly communities: readonly { readonly id: string; readonly externalId: string; readonly staff: Person }[];
  readonly categories: readonly { readonly id: string; readonly code: string }[];
  readonly providers: ReadonlyMap<string, Person>;
  readonly residents: readonly {
    readonly id: string;
    readonly communityId: string;
    readonly person: Person;
  }[];
  readonly admin: Person;
  /** Services by category; the scarce ones of every round come to them. */
  readonly services: { readonly id: string; readonly categoryId: string; readonly isScarce: boolean }[];
};

const AREA = 'FAULTS';
const COMMUNITIES = 2;
const RESIDENTS_PER_COMMUNITY = 4;
const PROVIDERS = 4;
const CATEGORIES = [
  { code: 'MEAL', name: '老年助餐', unit: 'MEAL' },
  { code: 'REPAIR', name: '家政维修', unit: 'VISIT' },
  { code: 'CARE', name: '志愿陪护', unit: 'HOUR' },
] as const;

/** Plants an area with programmes that run dry and caps that are met, into a migrated and empty database. */
export async function plantCity(database: Database, issuer: DevelopmentIssuer): Promise<City> {
  const { prisma } = database;
  const now = new Date();
  const { id: areaId } = await prisma.area.create({ data: { code: AREA, name: '试炼区', utcOffsetMinutes: 480 } });
  const person = async (role: Parameters<DevelopmentIssuer['sign']>[0]['role'], of: Record<string, string> = {}) => ({
    subject: `${role.toLowerCase()}:${Object.values(of)[0] ?? AREA}`,
    token: await issuer.sign({ area: AREA, role, ...of }, now),
  });

  const communities: City['communities'][number][] = [];
  const residents: City['residents'][number][] = [];
  for (let c = 1; c <= COMMUNITIES; c += 1) {
    const externalId = `C${c}`;
    const { id } = await prisma.community.create({
      data: { areaId, externalId, name: `${c}社区`, population: 5000, latitude: 26.58, longitude: 107.98 },
    });
    communities.push({ id, externalId, staff: await person('COMMUNITY_STAFF', { community: externalId }) });
    for (let r = 1; r <= RESIDENTS_PER_COMMUNITY; r += 1) {
      const ofResident = `R${c}${r}`;
      const resident = await prisma.resident.create({
        data: {
          areaId,
          communityId: id,
          externalId: ofResident,
          name: `居民${c}${r}`,
          birthDate: new Date('1950-01-01'),
        },
      });
      residents.push({
        id: resident.id,
        communityId: id,
        person: await person('RESIDENT', { resident: ofResident }),
      });
    }
  }

  const categories: City['categories'][number][] = [];
  for (const { code, name, unit } of CATEGORIES) {
    const { id } = await prisma.category.create({
      data: { areaId, code, name, unit, roomClass: 'SOCIAL', acceptWithinHours: 1, completeWithinHours: 2 },
    });
    categories.push({ id, code });
  }
  // Limits of a minute and less, so that timers fall due while everything breaks.
  for (const urgency of [1, 2, 3, 4]) {
    const term = { categoryId: null, urgency, percent: urgency < 3 ? 1 : 100, workingHours: false };
    await setSlaTerm(database, systemViewer(areaId), { ...term, remindAtPercent: 50, escalateAfter: 3 }, new Date());
  }

  const providers = new Map<string, Person>();
  for (let p = 1; p <= PROVIDERS; p += 1) {
    const externalId = `P${p}`;
    const { id } = await prisma.provider.create({ data: { areaId, externalId, name: `供给主体${p}`, kind: 'SOCIAL' } });
    providers.set(id, await person('PROVIDER_STAFF', { provider: externalId }));
  }
  for (const [externalId, budgetFen, shareBasisPoints, cap] of [
    ['FP1', 60_000n, 5000, null],
    ['FP2', 1_000_000n, 3000, 20_000n],
  ] as const) {
    await prisma.fundingProgramme.create({
      data: {
        areaId,
        externalId,
        name: `补贴${externalId}`,
        source: 'PROJECT_SUBSIDY',
        budgetFen,
        shareBasisPoints,
        capPerResidentFen: cap,
        allOf: [],
        anyOf: [],
        noneOf: [],
        validFrom: new Date(now.getTime() - 86_400_000),
        validTo: new Date(now.getTime() + 86_400_000),
      },
    });
  }
  const city: City = {
    areaId,
    communities,
    categories,
    providers,
    residents,
    admin: await person('AREA_ADMIN'),
    services: [],
  };
  for (const category of categories) {
    for (const providerId of providers.keys()) await plantService(database, city, category, providerId, null);
  }
  return city;
}

/** Services with few places, which many want. */
export async function plantScarceServices(database: Database, city: City, random: Random): Promise<void> {
  for (const category of city.categories) {
    await plantService(database, city, category, random.pick([...city.providers.keys()]), random.whole(2, 5));
  }
}

async function plantService(
  { prisma }: Database,
  city: City,
  category: City['categories'][number],
  providerId: string,
  places: number | null,
): Promise<void> {
  const number = city.services.length + 1;
  const { id } = await prisma.service.create({
    data: {
      areaId: city.areaId,
      providerId,
      externalId: `S${number}`,
      name: `服务${number}`,
      nature: 'PUBLIC_BENEFIT',
      keywords: [],
      places,
      giftFen: number % 2 === 0 ? 100 : 0,
      publishedAt: new Date(),
      categories: { create: { categoryId: category.id, position: 0 } },
      ...(category.code === 'CARE'
        ? { funding: { create: { source: 'VOLUNTEER' } } }
        : { costOptions: { create: { amountFen: 1000 + number, unit: category.code === 'MEAL' ? 'MEAL' : 'VISIT' } } }),
    },
  });
  city.services.push({ id, categoryId: category.id, isScarce: places !== null });
}
