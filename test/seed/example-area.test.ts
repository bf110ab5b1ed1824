import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { addDays, ageOn, REFERENCE_DAY } from '../../prisma/seed/calendar.ts';
import { exampleArea } from '../../prisma/seed/generate.ts';
import { categoryImport } from '../../src/communities/category.import.ts';
import { communityImport } from '../../src/communities/community.import.ts';
import type { ImportDefinition } from '../../src/imports/definition.ts';
import { needImport } from '../../src/needs/need.import.ts';
import { residentImport } from '../../src/needs/resident.import.ts';
import { providerImport } from '../../src/services/provider.import.ts';
import { serviceImport } from '../../src/services/service.import.ts';
import { entries, exampleRows } from './example-records.ts';

const categories = exampleRows('categories');
const communities = exampleRows('communities');
const providers = exampleRows('providers');
const services = exampleRows('services');
const residents = exampleRows('residents');
const needs = exampleRows('needs');

const idsOf = (rows: readonly Readonly<Record<string, string>>[], column = 'external_id') =>
  new Set(rows.map((row) => row[column]!));
const codes = idsOf(categories, 'code');
const leaves = new Set([...codes].filter((code) => !categories.some((row) => row.parent_code === code)));
const categoryOf = new Map(categories.map((row) => [row.code!, row]));
const residentOf = new Map(residents.map((row) => [row.external_id!, row]));
const share = (rows: readonly unknown[], of: readonly unknown[]) => rows.length / of.length;

describe('the files of the example area', () => {
  it('are what the generator gives, byte for byte', () => {
    for (const [name, text] of exampleArea()) {
      expect(readFileSync(join(import.meta.dirname, '../../prisma/seed', name), 'utf8') === text, name).toBe(true);
    }
  });

  it('have only rows that the importers accept', () => {
    const context = {
      areaId: '00000000-0000-7000-8000-000000000000',
      utcOffsetMinutes: 480,
      shiftDays: 0,
      actorId: null,
      now: new Date(`${REFERENCE_DAY}T09:00:00+08:00`),
    };
    const refusedBy = <Row>(list: ImportDefinition<Row>, rows: readonly Readonly<Record<string, string>>[]) => {
      const schema = list.schema(context);
      return rows.flatMap((row) => schema.safeParse(row).error?.issues ?? []);
    };
    expect(refusedBy(categoryImport, categories)).toEqual([]);
    expect(refusedBy(communityImport, communities)).toEqual([]);
    expect(refusedBy(providerImport, providers)).toEqual([]);
    expect(refusedBy(serviceImport, services)).toEqual([]);
    expect(refusedBy(residentImport, residents)).toEqual([]);
    expect(refusedBy(needImport, needs)).toEqual([]);
  });

  it('give no id twice and refer only to what is there', () => {
    for (const rows of [communities, providers, services, residents, needs]) {
      expect(idsOf(rows).size).toBe(rows.length);
    }
    const known = { communities: idsOf(communities), providers: idsOf(providers), residents: idsOf(residents) };
    const strangers = [
      ...services.filter((row) => !known.providers.has(row.provider_external_id!)),
      ...services.filter((row) => entries(row.communities).some((id) => !known.communities.has(id))),
      ...services.filter((row) => row.categories === '' || entries(row.categories).some((code) => !codes.has(code))),
      ...residents.filter((row) => !known.communities.has(row.community!)),
      ...needs.filter((row) => !known.residents.has(row.resident!) || !known.communities.has(row.community!)),
      ...needs.filter((row) => row.category !== '' && !leaves.has(row.category!)),
      ...needs.filter((row) =>
        [...entries(row.preferred_providers), ...entries(row.excluded_providers)].some(
          (id) => !known.providers.has(id),
        ),
      ),
    ];
    expect(strangers).toEqual([]);
    expect(new Set(services.map((row) => `${row.provider_external_id} ${row.name}`)).size).toBe(services.length);
  });
});

describe('the supply of the example area', () => {
  it('has 23 communities inside the city and providers of all three kinds', () => {
    expect(communities).toHaveLength(23);
    for (const row of [...communities, ...providers, ...residents, ...needs]) {
      expect(Number(row.latitude)).toBeGreaterThan(26.5);
      expect(Number(row.latitude)).toBeLessThan(26.65);
      expect(Number(row.longitude)).toBeGreaterThan(107.88);
      expect(Number(row.longitude)).toBeLessThan(108.06);
    }
    for (const kind of ['GOVERNMENT', 'SELF_GOVERNING', 'SOCIAL']) {
      expect(providers.filter((row) => row.kind === kind).length).toBeGreaterThanOrEqual(20);
    }
    for (const admission of ['ADMITTED', 'APPLIED', 'SUSPENDED']) {
      expect(providers.some((row) => row.admission === admission)).toBe(true);
    }
  });

  it('has at least 330 services, of all four natures, in all three room classes, counted in the unit of their category', () => {
    expect(services.length).toBeGreaterThanOrEqual(330);
    for (const nature of ['SELF_GOVERNANCE', 'COMMERCIAL', 'PUBLIC_BENEFIT', 'DERIVED']) {
      expect(services.filter((row) => row.nature === nature).length, nature).toBeGreaterThanOrEqual(15);
    }
    const main = services.map((row) => categoryOf.get(entries(row.categories)[0]!)!);
    for (const roomClass of ['ADMINISTRATIVE', 'SELF_GOVERNING', 'SOCIAL']) {
      expect(main.filter((row) => row.room_class === roomClass).length, roomClass).toBeGreaterThanOrEqual(50);
    }
    expect(services.filter((row, index) => row.unit !== main[index]!.unit)).toEqual([]);
  });

  it('leaves some categories without a service on offer and some services out of reach of a community', () => {
    const offered = new Set(
      services.filter((row) => row.status === 'PUBLISHED').flatMap((row) => entries(row.categories)),
    );
    expect([...leaves].filter((code) => !offered.has(code))).toEqual(['ENVIRONMENT.PARKING']);
    for (const status of ['DRAFT', 'WITHDRAWN']) expect(services.some((row) => row.status === status)).toBe(true);
    expect(services.some((row) => row.radius_metres !== '')).toBe(true);
    expect(services.some((row) => row.communities !== '')).toBe(true);
  });
});

describe('the residents of the example area', () => {
  it('live in every community and have attributes that fit their age', () => {
    expect(residents.length).toBeGreaterThanOrEqual(1400);
    for (const community of communities) {
      const neighbours = residents.filter((row) => row.community === community.external_id);
      expect(neighbours.length, community.name).toBeGreaterThanOrEqual(20);
    }
    for (const row of residents) {
      const age = ageOn(row.birth_date!, REFERENCE_DAY);
      const attributes = entries(row.attributes);
      expect(attributes.includes('ELDERLY'), row.external_id).toBe(age >= 60);
      if (age >= 18) expect(attributes).not.toContain('LEFT_BEHIND_CHILD');
      else expect(attributes).not.toContain('VETERAN');
      if (attributes.includes('PREGNANT')) expect(row.gender).toBe('FEMALE');
      expect(attributes.includes('LIVING_ALONE') && attributes.includes('EMPTY_NEST')).toBe(false);
    }
  });
});

describe('the needs of the example area', () => {
  it('are at least 2,200 in every leaf category, every channel and every urgency, life and safety being rare', () => {
    expect(needs.length).toBeGreaterThanOrEqual(2200);
    expect([...leaves].filter((code) => !needs.some((row) => row.category === code))).toEqual([]);
    for (const channel of ['APP', 'WECHAT', 'OPINION_BOX', 'MEETING', 'GRID_VISIT', 'HOTLINE', 'WELFARE_WATCH']) {
      expect(needs.filter((row) => row.channel === channel).length, channel).toBeGreaterThanOrEqual(30);
    }
    const urgent = (tier: string) =>
      share(
        needs.filter((row) => row.urgency === tier),
        needs,
      );
    expect(urgent('1')).toBeGreaterThan(0.003);
    expect(urgent('1')).toBeLessThan(0.03);
    for (const tier of ['2', '3', '4']) expect(urgent(tier)).toBeGreaterThan(0.08);
  });

  it('are worded in more than 2,000 ways, and few titles are used often', () => {
    expect(new Set(needs.map((row) => `${row.title} ${row.description}`)).size).toBeGreaterThan(2000);
    const uses = Object.values(Object.groupBy(needs, (row) => row.title!)).map((rows) => rows!.length);
    expect(uses.length).toBeGreaterThan(500);
    expect(Math.max(...uses)).toBeLessThan(needs.length / 50);
    const lengths = needs.map((row) => row.description!.length).sort((a, b) => a - b);
    expect(lengths[0]).toBe(0);
    expect(lengths[lengths.length >> 1]).toBeGreaterThan(25);
    expect(lengths.at(-1)).toBeGreaterThan(80);
    for (const row of needs) expect(`${row.title}${row.description}`).not.toMatch(/[{}[\]|]|undefined/);
  });

  it('leave out the category in about 15 of a hundred, never where a clerk wrote them', () => {
    const unstated = needs.filter((row) => row.category === '');
    expect(share(unstated, needs)).toBeGreaterThan(0.12);
    expect(share(unstated, needs)).toBeLessThan(0.2);
    const written = new Set(unstated.map((row) => row.channel));
    expect([...written].sort()).toEqual(['APP', 'OPINION_BOX', 'WECHAT']);
  });

  it('were registered in the 60 days before the reference day and are due after it', () => {
    const first = addDays(REFERENCE_DAY, -60);
    for (const row of needs) {
      expect(row.registered_at! >= first && row.registered_at! < REFERENCE_DAY, row.external_id).toBe(true);
      if (row.deadline_at !== '') expect(row.deadline_at! > addDays(REFERENCE_DAY, 1), row.external_id).toBe(true);
      if (row.deadline_at !== '') expect(row.deadline_at! < addDays(REFERENCE_DAY, 32), row.external_id).toBe(true);
      if (row.earliest_at !== '' && row.deadline_at !== '') expect(row.earliest_at! < row.deadline_at!).toBe(true);
    }
  });

  it('come from the community of their resident, and say the price, time and provider that their columns say', () => {
    expect(needs.filter((row) => residentOf.get(row.resident!)!.community !== row.community)).toEqual([]);
    const nameOf = new Map(providers.map((row) => [row.external_id!, row.name!]));
    for (const row of needs) {
      if (Number(row.maximum_price_yuan) > 0) expect(row.description).toContain(row.maximum_price_yuan);
      for (const id of [...entries(row.preferred_providers), ...entries(row.excluded_providers)]) {
        expect(row.description).toContain(nameOf.get(id)!.slice(0, 4));
      }
    }
  });
});
