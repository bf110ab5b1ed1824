import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { firstOpening, readTimetable, timetableKey } from '../../../src/matching/catalogue/timetable.ts';
import { affordabilityValue, loadValue, qualityValue, timelinessValue } from '../../../src/matching/factors.ts';
import { DEFAULT_PROFILE, FACTORS, type NeedRecord, type ServiceRecord } from '../../../src/matching/index.ts';
import { startTestServer } from '../../database/server.ts';

/** What a peer found for one need: processor or server milliseconds, services that passed, `id:score` best first. */
export type PeerAnswer = { readonly milliseconds: number; readonly passed: number; readonly found: readonly string[] };

const WEIGHTS = DEFAULT_PROFILE.weights;
const WEIGHT_SUM = FACTORS.reduce((sum, factor) => sum + WEIGHTS[factor], 0);
const OFFSET_MINUTES = 480;

/** Columns of made services for the peers, of equal length, and TIMELINESS (-1: never open) by timetable. */
export type PeerColumns = ReturnType<typeof peerColumns>;

/** The services as columns. The peers are spared the work on timetables: all needs of the bench share one window of time. */
export function peerColumns(services: Iterable<ServiceRecord>, count: number, need: NeedRecord) {
  const doubles = () => new Float64Array(count);
  const ints = () => new Int32Array(count);
  const columns = {
    x: doubles(),
    y: doubles(),
    z: doubles(),
    radius: doubles(),
    anyOf: ints(),
    noneOf: ints(),
    minimumAge: ints(),
    eligibleAlways: ints(),
    timetable: ints(),
    placesFree: ints(),
    price: ints(),
    quality: ints(),
    load: ints(),
    admitted: new Uint8Array(count),
  };
  const latitude = doubles();
  const longitude = doubles();
  const ids: string[] = [];
  const attributes = new Map<string, number>();
  const timetables = new Map<string, number>();
  const timeliness: number[] = [];
  let row = 0;
  for (const service of services) {
    const place = service.locations[0]!;
    latitude[row] = place.latitude;
    longitude[row] = place.longitude;
    [columns.x[row], columns.y[row], columns.z[row]] = unitVector(place.latitude, place.longitude);
    columns.radius[row] = service.radiusMetres ?? -1;
    columns.anyOf[row] = bits(service.eligibility.anyOf, attributes);
    columns.noneOf[row] = bits(service.eligibility.noneOf, attributes);
    columns.minimumAge[row] = service.eligibility.minimumAge ?? 0;
    columns.eligibleAlways[row] = service.eligibility.anyOf.length === 0 ? 1 : 0;
    const key = timetableKey(service.schedule, service.exceptions);
    if (!timetables.has(key)) {
      timetables.set(key, timetables.size);
      timeliness.push(timelinessOf(service, need));
    }
    columns.timetable[row] = timetables.get(key)!;
    columns.placesFree[row] = service.placesFree!;
    columns.price[row] = service.priceFen;
    columns.quality[row] = qualityValue(service.appraisalCount, service.appraisalSum);
    columns.load[row] = loadValue(service.placesFree, service.places);
    columns.admitted[row] = service.admitted ? 1 : 0;
    ids.push(service.id);
    row += 1;
  }
  return { count, columns, latitude, longitude, ids, attributes, timeliness: Float64Array.from(timeliness) };
}

/** The plain C scan, compiled by `gcc -O3`; throws where there is no compiler. */
export function scanInC(peer: PeerColumns, needs: readonly NeedRecord[], k: number, repeats: number): PeerAnswer[] {
  const folder = mkdtempSync(join(tmpdir(), 'liangdan-scan-'));
  try {
    const program = join(folder, 'candidates-scan');
    execFileSync('gcc', [
      '-O3',
      '-march=native',
      '-o',
      program,
      join(import.meta.dirname, 'peers/candidates-scan.c'),
      '-lm',
    ]);
    const path = join(folder, 'columns');
    const file = openSync(path, 'w');
    const write = (array: NodeJS.ArrayBufferView) => writeWhole(file, array);
    write(Int32Array.of(peer.count, peer.timeliness.length, needs.length, k));
    const { CATEGORY, PROXIMITY, TIMELINESS, AFFORDABILITY, QUALITY, LOAD } = WEIGHTS;
    write(Float64Array.of(CATEGORY, PROXIMITY, TIMELINESS, AFFORDABILITY, QUALITY, LOAD, WEIGHT_SUM));
    for (const column of Object.values(peer.columns)) write(column);
    for (let begin = 0; begin < peer.count; begin += 10_000) {
      write(Buffer.from(peer.ids.slice(begin, begin + 10_000).join(''), 'latin1'));
    }
    write(peer.timeliness);
    for (const need of needs) {
      const place = need.location!;
      write(Float64Array.of(...unitVector(place.latitude, place.longitude), need.maximumPriceFen!));
      write(Int32Array.of(bits(need.attributes, peer.attributes), need.age!, need.quantity, 0));
    }
    closeSync(file);
    const output = execFileSync(program, [path, String(repeats)], { encoding: 'utf8', maxBuffer: 2 ** 26 });
    return output
      .trim()
      .split('\n')
      .map((line) => {
        const [milliseconds, passed, ...found] = line.split(' ');
        return { milliseconds: Number(milliseconds), passed: Number(passed), found };
      });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * The same ranking as one SQL query on PostgreSQL, with an index on the category and a GiST index on the place, and the
 * execution time that EXPLAIN ANALYZE tells, the least of `repeats`. Throws where no server can be started.
 */
export async function rankInPostgres(
  peer: PeerColumns,
  needs: readonly NeedRecord[],
  k: number,
  repeats: number,
): Promise<PeerAnswer[]> {
  const server = await startTestServer([
    'fsync=off',
    'shared_buffers=512MB',
    'work_mem=64MB',
    'max_wal_size=4GB',
    'jit=off',
  ]);
  const client = new pg.Client({ connectionString: server.url });
  try {
    await client.connect();
    await loadPostgres(client, peer);
    const answers: PeerAnswer[] = [];
    for (const need of needs) {
      const query = rankingQuery(peer, need, k);
      const { rows } = await client.query<{ id: string; score: string; passed: string }>(query);
      let milliseconds = Number.POSITIVE_INFINITY;
      for (let repeat = 0; repeat < repeats; repeat += 1) {
        const plan = await client.query(`EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) ${query}`);
        milliseconds = Math.min(milliseconds, plan.rows[0]['QUERY PLAN'][0]['Execution Time']);
      }
      const found = rows.map(({ id, score }) => `${id}:${score}`);
      answers.push({ milliseconds, passed: Number(rows[0]?.passed ?? 0), found });
    }
    return answers;
  } finally {
    await client.end();
    await server.remove();
  }
}

async function loadPostgres(client: pg.Client, peer: PeerColumns): Promise<void> {
  await client.query(`CREATE UNLOGGED TABLE services (
    id text COLLATE "C" NOT NULL, category text NOT NULL, place point NOT NULL, latitude float8 NOT NULL,
    longitude float8 NOT NULL, radius float8, any_of int NOT NULL, none_of int NOT NULL, minimum_age int NOT NULL,
    timetable int NOT NULL, places_free int NOT NULL, price int NOT NULL, quality int NOT NULL, load int NOT NULL,
    admitted boolean NOT NULL)`);
  await client.query('CREATE TABLE timetables (number int PRIMARY KEY, timeliness float8 NOT NULL)');
  const { columns } = peer;
  await client.query('INSERT INTO timetables SELECT * FROM unnest($1::int[], $2::float8[])', [
    [...peer.timeliness.keys()],
    [...peer.timeliness],
  ]);
  const step = 20_000;
  for (let begin = 0; begin < peer.count; begin += step) {
    const part = (column: Float64Array | Int32Array) => [...column.subarray(begin, begin + step)];
    await client.query(
      `INSERT INTO services
       SELECT id, 'MEALS', point(longitude, latitude), latitude, longitude, nullif(radius, -1), any_of, none_of,
              minimum_age, timetable, places_free, price, quality, load, admitted = 1
       FROM unnest($1::text[], $2::float8[], $3::float8[], $4::float8[], $5::int[], $6::int[], $7::int[], $8::int[],
                   $9::int[], $10::int[], $11::int[], $12::int[], $13::int[])
         AS t (id, latitude, longitude, radius, any_of, none_of, minimum_age, timetable, places_free, price, quality,
               load, admitted)`,
      [
        peer.ids.slice(begin, begin + step),
        part(peer.latitude),
        part(peer.longitude),
        part(columns.radius),
        part(columns.anyOf),
        part(columns.noneOf),
        part(columns.minimumAge),
        part(columns.timetable),
        part(columns.placesFree),
        part(columns.price),
        part(columns.quality),
        part(columns.load),
        [...columns.admitted.subarray(begin, begin + step)],
      ],
    );
  }
  await client.query('CREATE INDEX ON services (category)');
  await client.query('CREATE INDEX ON services USING gist (place) WHERE radius IS NOT NULL');
  await client.query('VACUUM ANALYZE services');
}

/** All circles of the bench have a radius of at most 1,200 m, so a box of that half side finds them by the index. */
function rankingQuery(peer: PeerColumns, need: NeedRecord, k: number): string {
  const { latitude, longitude } = need.location!;
  const attributes = bits(need.attributes, peer.attributes);
  const metres = `floor(2 * 6371008.8 * asin(sqrt(sin(radians(latitude - ${latitude}) / 2) ^ 2 +
    cos(radians(latitude)) * cos(radians(${latitude})) * sin(radians(longitude - ${longitude}) / 2) ^ 2)) + 0.5)`;
  const circles = peer.columns.radius[0] !== -1;
  const north = 1210 / 111_195;
  const east = north / Math.cos((latitude * Math.PI) / 180);
  const box = `box(point(${longitude - east}, ${latitude - north}), point(${longitude + east}, ${latitude + north}))`;
  const affordable =
    affordabilityValue(1, need.maximumPriceFen) === 1
      ? '1000000'
      : `floor(1000000 * ((${need.maximumPriceFen} - price)::float8 / ${need.maximumPriceFen}) + 0.5)`;
  return `
    SELECT id, floor((${WEIGHTS.CATEGORY} * 1000000 +
        ${WEIGHTS.PROXIMITY} * floor(1000000 / (1 + (metres / 1200) ^ 2) + 0.5) +
        ${WEIGHTS.TIMELINESS} * timeliness +
        ${WEIGHTS.AFFORDABILITY} * ${affordable} +
        ${WEIGHTS.QUALITY} * quality + ${WEIGHTS.LOAD} * load) / ${WEIGHT_SUM}) AS score, count(*) OVER () AS passed
    FROM (SELECT *, ${metres} AS metres FROM services
          WHERE category IN ('MEALS', 'CARE') ${circles ? `AND radius IS NOT NULL AND place <@ ${box}` : ''}) AS near
    JOIN timetables ON timetables.number = near.timetable
    WHERE admitted AND (radius IS NULL OR metres <= radius)
      AND ${need.age} >= minimum_age AND none_of & ${attributes} = 0 AND (any_of = 0 OR any_of & ${attributes} <> 0)
      AND timeliness >= 0 AND places_free >= ${need.quantity} AND price <= ${need.maximumPriceFen}
    ORDER BY score DESC, id LIMIT ${k}`;
}

function timelinessOf(service: ServiceRecord, need: NeedRecord): number {
  const timetable = readTimetable(service.schedule, service.exceptions);
  const opening = firstOpening(timetable, null, need.nowMs, need.deadlineMs!, OFFSET_MINUTES);
  return opening === Number.POSITIVE_INFINITY ? -1 : timelinessValue(opening, need.nowMs, need.deadlineMs);
}

function unitVector(latitude: number, longitude: number): [number, number, number] {
  const north = (latitude * Math.PI) / 180;
  const east = (longitude * Math.PI) / 180;
  return [Math.cos(north) * Math.cos(east), Math.cos(north) * Math.sin(east), Math.sin(north)];
}

function bits(names: readonly string[], numbers: Map<string, number>): number {
  let mask = 0;
  for (const name of names) {
    if (!numbers.has(name)) numbers.set(name, numbers.size);
    mask |= 1 << numbers.get(name)!;
  }
  return mask;
}

function writeWhole(file: number, array: NodeJS.ArrayBufferView): void {
  let done = 0;
  while (done < array.byteLength) {
    done += writeSync(file, new Uint8Array(array.buffer, array.byteOffset + done, array.byteLength - done));
  }
}
