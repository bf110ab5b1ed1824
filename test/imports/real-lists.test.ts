import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { categoryImport } from '../../src/communities/category.import.ts';
import type { Database } from '../../src/database/database.ts';
import type { ImportDefinition } from '../../src/imports/definition.ts';
import { importList } from '../../src/imports/import-list.ts';
import { fileSource } from '../../src/imports/source.ts';
import { providerImport } from '../../src/services/provider.import.ts';
import { serviceImport } from '../../src/services/service.import.ts';
import { scratchDatabase } from '../database/scratch.ts';
import { contextOf } from './records.ts';

const DATA = join(import.meta.dirname, '../../../shared/data');
const isThere = existsSync(DATA);

// Lists that no one here wrote are no part of the project. Where they are missing the tests of them are not there
// either, which must be seen; where all has to be tested, that is a failure.
if (!isThere) {
  console.warn(`No lists from outside in ${DATA}: their import is not tested here.`);
  it('lists from outside are there to be tested', () => {
    expect(process.env.CI, 'CI must have them').toBeFalsy();
  });
}

if (isThere)
  describe('a list from outside comes in without being edited', () => {
    let database: Database;
    let areaId: string;

    beforeAll(async () => {
      database = await scratchDatabase('EMBEDDED');
      const area = await database.prisma.area.create({ data: { code: 'OUT', name: '外', utcOffsetMinutes: 480 } });
      areaId = area.id;
    });
    afterAll(() => database.close());

    const bring = async <Row>(
      definition: ImportDefinition<Row>,
      file: string,
      map: Record<string, string>,
      set: Record<string, string> = {},
    ) => importList(database, definition, await fileSource(join(DATA, file)), { context: contextOf(areaId), map, set });

    it('a province’s 2,262 government service items, with their departments', async () => {
      await database.prisma.category.create({
        data: {
          areaId,
          code: 'ADMIN',
          name: '政务便民',
          roomClass: 'ADMINISTRATIVE',
          unit: 'CASE',
          acceptWithinHours: 24,
          completeWithinHours: 240,
        },
      });
      const file = 'guangdong-services/services.jsonl';
      const departments = await bring(
        providerImport,
        file,
        { external_id: 'DEPT_NAME', name: 'DEPT_NAME' },
        { kind: '政府' },
      );
      expect(departments).toMatchObject({ rows: 2262, rejected: 0 });
      expect(departments.created).toBe(await database.prisma.provider.count());

      const map = {
        external_id: 'TASK_CODE',
        provider_external_id: 'DEPT_NAME',
        name: 'TASK_NAME',
        description: 'accept_standard',
        keywords: 'theme_category',
      };
      const set = { nature: '公益性服务', categories: 'ADMIN' };
      const services = await bring(serviceImport, file, map, set);
      expect(services.rows).toBe(2262);
      expect(services.firstRejected.map(({ issues }) => issues[0]!.rule)).toEqual([]);
      expect(await database.prisma.service.count()).toBe(services.created);
      expect(await database.prisma.ledgerEntry.count({ where: { kind: 'SERVICE_PUBLISHED' } })).toBe(services.created);
      const again = await bring(serviceImport, file, map, set);
      expect(again).toMatchObject({ created: 0, updated: 2262, rejected: 0 });
      expect(await database.prisma.ledgerEntry.count({ where: { kind: 'SERVICE_PUBLISHED' } })).toBe(services.created);
    });

    it('the Open Eligibility taxonomy and the HSDS tables of a county', async () => {
      const times = { room_class: 'SOCIAL', unit: 'VISIT', accept_within_hours: '24', complete_within_hours: '72' };
      const taxonomy = await bring(
        categoryImport,
        'ohana-hsds/taxonomy.csv',
        { code: 'taxonomy_id', parent_code: 'parent_id' },
        times,
      );
      expect(taxonomy).toMatchObject({ rejected: 0, unknownHeadings: ['parent_name'] });
      expect(taxonomy.created).toBeGreaterThan(250);
      const organisations = await bring(
        providerImport,
        'ohana-hsds/organizations.csv',
        { external_id: 'id' },
        { kind: 'SOCIAL' },
      );
      expect(organisations).toMatchObject({ rejected: 0 });

      const map = { external_id: 'id', categories: 'taxonomy_ids' };
      const services = await bring(serviceImport, 'ohana-hsds/services.csv', map, {
        provider_external_id: '1',
        nature: 'PUBLIC_BENEFIT',
      });
      expect(services.created + services.rejected).toBe(services.rows);
      // Those without a category in the file are found by their words or say so.
      expect(
        services.firstRejected
          .flatMap(({ issues }) => issues.map(({ rule }) => rule))
          .filter((rule) => rule !== 'category_unclear'),
      ).toEqual([]);
      expect(services.created).toBeGreaterThan(0);
    });

    it('hotels that took in travellers, by name', async () => {
      const map = { external_id: 'name' };
      const hotels = await bring(providerImport, 'wuhan2020-needs-offers/travel_hotel.jsonl', map, { kind: '企业' });
      expect(hotels.unknownHeadings).toContain('province');
      expect(
        hotels.firstRejected.map(({ line, issues }) => `${line} ${issues[0]!.path[0]} ${issues[0]!.rule}`),
      ).toEqual([]);
    });
  });
