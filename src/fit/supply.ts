import { twoStepAccessibility } from './accessibility.ts';
import { type CellKey, cellName } from './fit.ts';

/** What is on offer, as columns of facts that are joined here. */
export type Supply = {
  /** Each service that is on offer in a period, its places in each of its capacity periods, and how many of those overlap. */
  readonly offers: readonly {
    readonly serviceId: string;
    readonly periodStart: string | null;
    /** `null` for unlimited. */
    readonly places: number | null;
    readonly capacityPeriods: number;
  }[];
  /** Which categories each service serves. */
  readonly serves: readonly { readonly serviceId: string; readonly categoryId: string }[];
  /**
   * Which communities each service reaches: those of its service area whose centre lies within its circle, `circleShare`
   * of its radius away (0 to 1; 0 where there is no circle).
   */
  readonly reaches: readonly {
    readonly serviceId: string;
    readonly communityId: string;
    readonly circleShare: number;
  }[];
};

/** The supply of one cell. */
export type CellSupply = {
  readonly key: CellKey;
  readonly services: number;
  readonly unlimitedServices: number;
  readonly placesOffered: number;
  /** Places offered for each unit asked for within reach; `null` for all communities together. */
  readonly accessibility: number | null;
};

/**
 * What is on offer in each cell that any service is for. A service counts once in every cell that it serves, so the cells
 * of two communities that share a service do not add up.
 *
 * @param communityIds the communities that count
 * @param unitsAsked units that the needs of a cell ask for
 */
export function supplyOfCells(
  { offers, serves, reaches }: Supply,
  groups: { readonly category: boolean; readonly community: boolean },
  communityIds: readonly string[],
  unitsAsked: (key: CellKey) => number,
): readonly CellSupply[] {
  const categoriesOf = Map.groupBy(serves, (row) => row.serviceId);
  const reachesOf = Map.groupBy(reaches, (row) => row.serviceId);
  const offersOf = new Map<string, { key: CellKey; offers: Supply['offers'][number][] }>();
  for (const offer of offers) {
    if (!categoriesOf.has(offer.serviceId) || !reachesOf.has(offer.serviceId)) continue;
    for (const categoryId of groups.category
      ? categoriesOf.get(offer.serviceId)!.map((row) => row.categoryId)
      : [null]) {
      const key = { categoryId, communityId: null, periodStart: offer.periodStart };
      const group = offersOf.get(cellName(key)) ?? { key, offers: [] };
      group.offers.push(offer);
      offersOf.set(cellName(key), group);
    }
  }
  return [...offersOf.values()].flatMap((group): CellSupply[] => {
    if (!groups.community) return [{ key: group.key, ...sumOffers(group.offers), accessibility: null }];
    const access = accessibilityOf(group.offers, group.key, reachesOf, communityIds, unitsAsked);
    return communityIds.map((communityId, index) => {
      const reaching = group.offers.filter(({ serviceId }) =>
        reachesOf.get(serviceId)!.some((reach) => reach.communityId === communityId),
      );
      return { key: { ...group.key, communityId }, ...sumOffers(reaching), accessibility: access[index]! };
    });
  });
}

/** Distances are shares of each service's own circle, so the edge of every catchment is 1. */
function accessibilityOf(
  offers: Supply['offers'],
  key: CellKey,
  reachesOf: ReadonlyMap<string, Supply['reaches']>,
  communityIds: readonly string[],
  unitsAsked: (key: CellKey) => number,
): number[] {
  const limited = offers.filter((offer) => offer.places !== null);
  const indexOf = new Map(communityIds.map((id, index) => [id, index]));
  return twoStepAccessibility({
    demand: communityIds.map((communityId) => unitsAsked({ ...key, communityId })),
    supply: limited.map((offer) => offer.places! * offer.capacityPeriods),
    legs: limited.flatMap(({ serviceId }, to) =>
      reachesOf
        .get(serviceId)!
        .map(({ communityId, circleShare }) => ({ from: indexOf.get(communityId)!, to, cost: circleShare })),
    ),
    greatestCost: 1,
  });
}

function sumOffers(offers: Supply['offers']) {
  const limited = offers.filter((offer) => offer.places !== null);
  return {
    services: offers.length,
    unlimitedServices: offers.length - limited.length,
    placesOffered: limited.reduce((sum, offer) => sum + offer.places! * offer.capacityPeriods, 0),
  };
}
