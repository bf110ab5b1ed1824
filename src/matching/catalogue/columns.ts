import { resized, withRoomFor } from './growth.ts';

/** Bits of `ServiceColumns.flags`. */
export const FLAG = {
  /** The row is in use. */
  live: 1,
  admitted: 2,
  /** Has a first or last instant. */
  term: 4,
  /** Has at least one location: the first is in x, y, z. */
  place: 8,
  /** Has further locations, in `further`. */
  furtherPlaces: 16,
  /** Limited to its circle: has a radius and a place. */
  circle: 32,
  /** Limited to a list of communities. */
  communities: 64,
  /** Has a category that stands below another one of it. */
  nested: 128,
} as const;

/** A row with one of these flags may come up more than once in a search. */
export const MAY_REPEAT = FLAG.furtherPlaces | FLAG.nested;

/** Rows 2^this next to each other share one box around their places. */
export const BOX_SHIFT = 6;
/** Numbers of a box: the least x, y, z and the greatest. */
export const BOX_WIDTH = 6;

/**
 * What the core knows of each service, one column a property, one row a service (struct of arrays). A row that is not
 * live keeps old values. Read a column anew after any change: a change may replace it by a longer one.
 */
export class ServiceColumns {
  flags = new Uint8Array(0);
  /** Index in `NATURES`. */
  nature = new Uint8Array(0);
  /** Numbers in the catalogue's dictionaries. `communitySet` is -1 where there is no list. */
  provider = new Int32Array(0);
  categorySet = new Int32Array(0);
  eligibility = new Int32Array(0);
  timetable = new Int32Array(0);
  communitySet = new Int32Array(0);
  /** First location as a point of the unit sphere, and the key of its grid cell (-1 where it has no circle). */
  x = new Float64Array(0);
  y = new Float64Array(0);
  z = new Float64Array(0);
  cell = new Float64Array(0);
  radiusMetres = new Float64Array(0);
  /** -1 is unlimited, for both. */
  places = new Int32Array(0);
  placesFree = new Int32Array(0);
  priceFen = new Int32Array(0);
  appraisalCount = new Int32Array(0);
  appraisalSum = new Int32Array(0);
  /** Values of the factors QUALITY and LOAD, which no need changes. */
  quality = new Int32Array(0);
  load = new Int32Array(0);
  termStartMs = new Float64Array(0);
  termEndMs = new Float64Array(0);
  /**
   * For each block of rows a box of the unit sphere's space that holds all their places; around everything where one has
   * no place. It may be wider than its rows need after changes: it only says what no row can be nearer than.
   */
  boxes = new Float64Array(0);
  /** Further locations of the few services that have them: x, y, z and cell key of each, by row. */
  readonly further = new Map<number, Float64Array>();

  /** Makes room for `rows` rows. */
  reserve(rows: number): void {
    this.#resize((column) => withRoomFor(column, rows));
    const boxed = this.boxes.length;
    this.boxes = withRoomFor(this.boxes, boxesOf(rows));
    for (let at = boxed; at < this.boxes.length; at += BOX_WIDTH) {
      this.boxes.fill(Number.POSITIVE_INFINITY, at, at + 3);
      this.boxes.fill(Number.NEGATIVE_INFINITY, at + 3, at + BOX_WIDTH);
    }
  }

  /** Gives back the room beyond `rows` rows. */
  trim(rows: number): void {
    this.#resize((column) => resized(column, rows));
    this.boxes = resized(this.boxes, boxesOf(rows));
  }

  /** Widens the box of a row's block by a place of the unit sphere. */
  widenBox(row: number, x: number, y: number, z: number): void {
    const { boxes } = this;
    const at = (row >>> BOX_SHIFT) * BOX_WIDTH;
    boxes[at] = Math.min(boxes[at]!, x);
    boxes[at + 1] = Math.min(boxes[at + 1]!, y);
    boxes[at + 2] = Math.min(boxes[at + 2]!, z);
    boxes[at + 3] = Math.max(boxes[at + 3]!, x);
    boxes[at + 4] = Math.max(boxes[at + 4]!, y);
    boxes[at + 5] = Math.max(boxes[at + 5]!, z);
  }

  /** The square of a chord that no place of the row's block is nearer than to a point; 0 where one has no place. */
  chordToBox(row: number, x: number, y: number, z: number): number {
    const { boxes } = this;
    const at = (row >>> BOX_SHIFT) * BOX_WIDTH;
    const dx = Math.max(0, boxes[at]! - x, x - boxes[at + 3]!);
    const dy = Math.max(0, boxes[at + 1]! - y, y - boxes[at + 4]!);
    const dz = Math.max(0, boxes[at + 2]! - z, z - boxes[at + 5]!);
    return dx * dx + dy * dy + dz * dz;
  }

  #resize(change: <C extends Uint8Array | Int32Array | Float64Array>(column: C) => C): void {
    this.flags = change(this.flags);
    this.nature = change(this.nature);
    this.provider = change(this.provider);
    this.categorySet = change(this.categorySet);
    this.eligibility = change(this.eligibility);
    this.timetable = change(this.timetable);
    this.communitySet = change(this.communitySet);
    this.x = change(this.x);
    this.y = change(this.y);
    this.z = change(this.z);
    this.cell = change(this.cell);
    this.radiusMetres = change(this.radiusMetres);
    this.places = change(this.places);
    this.placesFree = change(this.placesFree);
    this.priceFen = change(this.priceFen);
    this.appraisalCount = change(this.appraisalCount);
    this.appraisalSum = change(this.appraisalSum);
    this.quality = change(this.quality);
    this.load = change(this.load);
    this.termStartMs = change(this.termStartMs);
    this.termEndMs = change(this.termEndMs);
  }
}

function boxesOf(rows: number): number {
  return BOX_WIDTH * Math.ceil(rows / 2 ** BOX_SHIFT);
}
