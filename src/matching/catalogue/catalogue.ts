import { MatchingInputError } from '../errors.ts';
import { loadValue, qualityValue } from '../factors.ts';
import type { CategoryRecord, ServiceRecord } from '../records.ts';
import { type Categoriser, createCategoriser } from '../text/categoriser.ts';
import { TextIndex } from '../text/text-index.ts';
import { FLAG, ServiceColumns } from './columns.ts';
import { Dictionary } from './dictionary.ts';
import { AttributeVocabulary, type EligibilityMask, eligibilityKey, readEligibility } from './eligibility.ts';
import { writeUnitVector } from './geodesy.ts';
import { cellKey, circleLevel, GRID_KEYS } from './grid.ts';
import { Ids } from './ids.ts';
import { ANYWHERE_KEY, CategoryPosting, communityKey, NOWHERE_KEY } from './posting.ts';
import { checkPlaces, checkService, failer, NATURES, type Source } from './service-check.ts';
import { indicesOf, isCovered, readTaxonomy, type Taxonomy } from './taxonomy.ts';
import { readTimetable, type Timetable, timetableKey } from './timetable.ts';

export type CatalogueOptions = {
  /** Local time of schedules, minutes ahead of UTC; 480 (China) by default. */
  readonly utcOffsetMinutes?: number;
};

const CHINA_UTC_OFFSET_MINUTES = 480;
/** Services that `Catalogue.of` holds at a time to put them in order. */
const BATCH_SIZE = 2 ** 16;
const ONE_SERVICE: Source = { list: 'service', position: null };

/**
 * The service list (服务清单) as `candidates` searches it: built from plain records and changed in place. Every change
 * is checked first and throws `MatchingInputError` naming field and position before anything is changed.
 *
 * The fields that are not part of the interface below `size` and `has` are for the matching core itself: read them,
 * never write them.
 */
export class Catalogue {
  readonly taxonomy: Taxonomy;
  readonly utcOffsetMinutes: number;
  readonly columns = new ServiceColumns();
  readonly ids = new Ids();
  /** By index of the taxonomy: the services filed under the very category. */
  readonly postings: readonly CategoryPosting[];
  readonly providers = new Dictionary<string>();
  readonly eligibilities = new Dictionary<EligibilityMask>();
  readonly timetables = new Dictionary<Timetable>();
  /** Indices of the taxonomy, ascending. */
  readonly categorySets = new Dictionary<readonly number[]>();
  /** Numbers of communities, ascending. */
  readonly communitySets = new Dictionary<Int32Array>();
  readonly communities = new Map<string, number>();
  readonly attributes = new AttributeVocabulary();
  readonly text = new TextIndex();
  readonly categoriser: Categoriser;
  #rowEnd = 0;
  readonly #freeRows: number[] = [];

  /** An empty catalogue. Throws `MatchingInputError` for a taxonomy that is no tree (see `readTaxonomy`). */
  constructor(taxonomy: readonly CategoryRecord[], options: CatalogueOptions = {}) {
    const utcOffsetMinutes = options.utcOffsetMinutes ?? CHINA_UTC_OFFSET_MINUTES;
    if (!Number.isInteger(utcOffsetMinutes) || Math.abs(utcOffsetMinutes) > 24 * 60) {
      throw new MatchingInputError('options.utcOffsetMinutes', null, 'must be whole minutes, at most a day');
    }
    this.taxonomy = readTaxonomy(taxonomy);
    this.utcOffsetMinutes = utcOffsetMinutes;
    this.postings = taxonomy.map(() => new CategoryPosting());
    this.categoriser = createCategoriser(taxonomy);
  }

  /** A catalogue of many services. Errors name the field and the position in `services`. */
  static of(
    taxonomy: readonly CategoryRecord[],
    services: Iterable<ServiceRecord>,
    options: CatalogueOptions = {},
  ): Catalogue {
    const catalogue = new Catalogue(taxonomy, options);
    let batch = new Map<string, ServiceRecord>();
    let position = 0;
    for (const service of services) {
      const source = { list: 'services', position };
      checkService(service, catalogue.taxonomy, source);
      if (batch.has(service.id)) refuseTwice(service, source);
      catalogue.#checkNew(service, source);
      batch.set(service.id, service);
      position += 1;
      if (batch.size < BATCH_SIZE) continue;
      catalogue.#addAll([...batch.values()]);
      batch = new Map();
    }
    catalogue.#addAll([...batch.values()]);
    catalogue.trim();
    return catalogue;
  }

  /** How many services it holds, admitted or not. */
  get size(): number {
    return this.ids.size;
  }

  has(id: string): boolean {
    return this.ids.rowOf(id) !== -1;
  }

  /** Adds a service. Its id must be new. */
  publish(service: ServiceRecord): void {
    checkService(service, this.taxonomy, ONE_SERVICE);
    this.#checkNew(service, ONE_SERVICE);
    this.#add(service);
  }

  /** Replaces all that is known of a service that is there. */
  amend(service: ServiceRecord): void {
    const row = this.#knownRow(service.id, 'service.id');
    checkService(service, this.taxonomy, ONE_SERVICE);
    this.#clear(row);
    this.#fill(row, service);
  }

  /** Takes a service out. */
  withdraw(id: string): void {
    const row = this.#knownRow(id, 'id');
    this.#clear(row);
    this.text.remove(row);
    this.columns.flags[row] = 0;
    this.ids.delete(row);
    this.#freeRows.push(row);
  }

  /** Sets how many places are still free; `null` exactly for a service without a limit of places. */
  setPlacesFree(id: string, placesFree: number | null): void {
    const row = this.#knownRow(id, 'id');
    const { columns } = this;
    const places = columns.places[row] === -1 ? null : columns.places[row]!;
    checkPlaces({ places, placesFree }, failer(ONE_SERVICE));
    columns.placesFree[row] = placesFree ?? -1;
    columns.load[row] = loadValue(placesFree, places);
  }

  /** Row of a service, or -1. */
  rowOf(id: string): number {
    return this.ids.rowOf(id);
  }

  /** One past the greatest row ever used; rows below it may be free. */
  get rowEnd(): number {
    return this.#rowEnd;
  }

  /** Gives back memory kept for growth; worth calling after many changes. */
  trim(): void {
    this.columns.trim(this.rowEnd);
    for (const posting of this.postings) posting.trim();
  }

  #checkNew(service: ServiceRecord, source: Source): void {
    if (this.has(service.id)) refuseTwice(service, source);
  }

  /**
   * Adds checked services by category and place: rows next to each other are then services near each other, and a search
   * around a place reads few lines of memory. Nothing else depends on the order of rows.
   */
  #addAll(services: readonly ServiceRecord[]): void {
    const keys = Float64Array.from(services, (service) => this.#orderKey(service));
    const order = Int32Array.from(keys.keys()).sort((a, b) => keys[a]! - keys[b]! || a - b);
    this.columns.reserve(this.#rowEnd + services.length);
    for (const index of order) this.#add(services[index]!);
  }

  #orderKey({ categories, locations, radiusMetres }: ServiceRecord): number {
    const category = categories.length === 0 ? 0 : this.taxonomy.indexOf.get(categories[0]!)!;
    const [place] = locations;
    if (place === undefined) return category * (GRID_KEYS + 1) + GRID_KEYS;
    const level = circleLevel((radiusMetres ?? 0) + 1);
    return category * (GRID_KEYS + 1) + cellKey(level, place.latitude, place.longitude);
  }

  #add(service: ServiceRecord): void {
    const row = this.#freeRows.pop() ?? this.#rowEnd;
    this.columns.reserve(row + 1);
    this.#rowEnd = Math.max(this.#rowEnd, row + 1);
    this.ids.set(row, service.id);
    this.#fill(row, service);
  }

  #knownRow(id: string, field: string): number {
    const row = this.ids.rowOf(id);
    if (row === -1) throw new MatchingInputError(field, null, `must be in the catalogue, not ${id}`);
    return row;
  }

  #fill(row: number, service: ServiceRecord): void {
    const { columns } = this;
    const circle = service.radiusMetres !== null && service.locations.length > 0;
    const categories = indicesOf(this.taxonomy, service.categories);
    const counted = categories.filter((category) => !isCovered(this.taxonomy, category, categories));
    columns.flags[row] =
      FLAG.live |
      (service.admitted ? FLAG.admitted : 0) |
      (service.termStartMs !== null || service.termEndMs !== null ? FLAG.term : 0) |
      (service.locations.length > 0 ? FLAG.place : 0) |
      (service.locations.length > 1 ? FLAG.furtherPlaces : 0) |
      (circle ? FLAG.circle : 0) |
      (service.communities !== null ? FLAG.communities : 0) |
      (counted.length < categories.length ? FLAG.nested : 0);
    columns.nature[row] = NATURES.indexOf(service.nature);
    columns.provider[row] = this.providers.take(service.providerId, () => service.providerId);
    columns.categorySet[row] = this.categorySets.take(categories.join(), () => categories);
    columns.eligibility[row] = this.eligibilities.take(eligibilityKey(service.eligibility), () =>
      readEligibility(service.eligibility, this.attributes),
    );
    columns.timetable[row] = this.timetables.take(timetableKey(service.schedule, service.exceptions), () =>
      readTimetable(service.schedule, service.exceptions),
    );
    columns.communitySet[row] = service.communities === null ? -1 : this.#communitySet(service.communities);
    columns.radiusMetres[row] = service.radiusMetres ?? 0;
    this.#fillPlaces(row, service, circle);
    columns.places[row] = service.places ?? -1;
    columns.placesFree[row] = service.placesFree ?? -1;
    columns.priceFen[row] = service.priceFen;
    columns.appraisalCount[row] = service.appraisalCount;
    columns.appraisalSum[row] = service.appraisalSum;
    columns.quality[row] = qualityValue(service.appraisalCount, service.appraisalSum);
    columns.load[row] = loadValue(service.placesFree, service.places);
    columns.termStartMs[row] = service.termStartMs ?? Number.NEGATIVE_INFINITY;
    columns.termEndMs[row] = service.termEndMs ?? Number.POSITIVE_INFINITY;
    const keys = this.#catchmentKeys(row);
    for (const category of categories) this.postings[category]!.file(row, keys);
    for (const category of counted) {
      this.postings[category]!.countIn(service.admitted, columns.termStartMs[row]!, columns.termEndMs[row]!);
    }
    this.text.set(row, {
      title: service.title,
      keywords: service.keywords,
      categoryNames: service.categories.flatMap((code) => this.taxonomy.names[this.taxonomy.indexOf.get(code)!]!),
      description: service.description,
    });
  }

  #clear(row: number): void {
    const { columns } = this;
    const admitted = (columns.flags[row]! & FLAG.admitted) !== 0;
    const keys = this.#catchmentKeys(row);
    const categories = this.categorySets.values[columns.categorySet[row]!]!;
    for (const category of categories) {
      this.postings[category]!.unfile(row, keys);
      if (isCovered(this.taxonomy, category, categories)) continue;
      this.postings[category]!.countOut(admitted, columns.termStartMs[row]!, columns.termEndMs[row]!);
    }
    this.providers.release(columns.provider[row]!);
    this.categorySets.release(columns.categorySet[row]!);
    this.eligibilities.release(columns.eligibility[row]!);
    this.timetables.release(columns.timetable[row]!);
    if (columns.communitySet[row] !== -1) this.communitySets.release(columns.communitySet[row]!);
    columns.further.delete(row);
  }

  #communitySet(communities: readonly string[]): number {
    const numbers = new Set<number>();
    for (const community of communities) {
      const number = this.communities.get(community) ?? this.communities.size;
      this.communities.set(community, number);
      numbers.add(number);
    }
    const sorted = Int32Array.from(numbers).sort();
    return this.communitySets.take(sorted.join(), () => sorted);
  }

  #fillPlaces(row: number, service: ServiceRecord, circle: boolean): void {
    const { columns } = this;
    // Distances are compared in whole metres, so a circle reaches up to half a metre beyond its radius.
    const level = circle ? circleLevel(service.radiusMetres! + 1) : -1;
    const places = new Float64Array(4 * Math.max(1, service.locations.length));
    service.locations.forEach((location, index) => {
      writeUnitVector(location, places, 4 * index);
      places[4 * index + 3] = circle ? cellKey(level, location.latitude, location.longitude) : -1;
      columns.widenBox(row, places[4 * index]!, places[4 * index + 1]!, places[4 * index + 2]!);
    });
    if (service.locations.length === 0) {
      columns.widenBox(row, -1, -1, -1);
      columns.widenBox(row, 1, 1, 1);
    }
    columns.x[row] = places[0]!;
    columns.y[row] = places[1]!;
    columns.z[row] = places[2]!;
    columns.cell[row] = places[3]!;
    if (service.locations.length > 1) columns.further.set(row, places.slice(4));
  }

  /** The keys under which the row is filed in each of its categories, each once. */
  #catchmentKeys(row: number): readonly number[] {
    const { columns } = this;
    const flags = columns.flags[row]!;
    if ((flags & FLAG.circle) !== 0) {
      const further = columns.further.get(row);
      if (!further) return [columns.cell[row]!];
      const keys = new Set([columns.cell[row]!]);
      for (let at = 3; at < further.length; at += 4) keys.add(further[at]!);
      return [...keys];
    }
    if ((flags & FLAG.communities) === 0) return [ANYWHERE_KEY];
    const communities = this.communitySets.values[columns.communitySet[row]!]!;
    return communities.length === 0 ? [NOWHERE_KEY] : Array.from(communities, communityKey);
  }
}

function refuseTwice(service: ServiceRecord, source: Source): never {
  return failer(source)('id', `is in the catalogue already: ${service.id}`);
}
