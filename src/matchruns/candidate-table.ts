import { type FoundCandidates, missedConstraint } from '../solver/index.ts';
import type { CandidateTable, RunNeed } from './match-run.ts';
import type { LoadedNeed } from './need-records.store.ts';
import { reasonWithoutCandidate } from './unmet-reason.ts';

/** Collects the columns of a `CandidateTable`; services are numbered as they come. */
export class CandidateTableBuilder {
  readonly needs: RunNeed[] = [];
  readonly serviceIds: string[] = [];
  readonly #offset: number[] = [0];
  readonly #service: number[] = [];
  readonly #score: number[] = [];
  readonly #placesFree: number[] = [];
  readonly #numberOf = new Map<string, number>();
  readonly #placesFreeOf: ReadonlyMap<string, number>;

  /** @param placesFreeOf by id, of the services whose places are limited */
  constructor(placesFreeOf: ReadonlyMap<string, number>) {
    this.#placesFreeOf = placesFreeOf;
  }

  /** Adds needs with what was found for them, in the same order. */
  add(needs: readonly LoadedNeed[], found: FoundCandidates): void {
    const numbers = found.serviceIds.map((id) => this.#number(id));
    needs.forEach(({ record, version, state, urgency, triedServices }, n) => {
      const { id, communityId, quantity } = record;
      const constraint = missedConstraint(found, n);
      const nearestMiss = constraint === null ? null : { constraint };
      const reason = found.passed[n]! > 0 ? null : reasonWithoutCandidate({ nearestMiss }, triedServices);
      this.needs.push({ id, version, state, communityId, urgency, quantity, reasonWithoutCandidate: reason });
      for (let edge = found.offset[n]!; edge < found.offset[n + 1]!; edge += 1) {
        this.#service.push(numbers[found.service[edge]!]!);
        this.#score.push(found.score[edge]!);
      }
      this.#offset.push(this.#service.length);
    });
  }

  columns(): CandidateTable {
    return {
      needs: this.needs,
      offset: new Int32Array(this.#offset),
      service: new Int32Array(this.#service),
      score: new Int32Array(this.#score),
      placesFree: new Int32Array(this.#placesFree),
    };
  }

  #number(serviceId: string): number {
    const known = this.#numberOf.get(serviceId);
    if (known !== undefined) return known;
    const number = this.serviceIds.length;
    this.#numberOf.set(serviceId, number);
    this.serviceIds.push(serviceId);
    this.#placesFree.push(this.#placesFreeOf.get(serviceId) ?? -1);
    return number;
  }
}
