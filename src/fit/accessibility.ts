/** A place of demand that lies so far from a place of supply. */
export type Leg = {
  /** Indices into `demand` and `supply`. */
  readonly from: number;
  readonly to: number;
  /** Distance, time or any other cost of going there, 0 or more. */
  readonly cost: number;
};

/** Where demand and supply are, and what it costs to go from one to the other; legs that are not listed are too far. */
export type Catchments = {
  /** How much is asked for at each place of demand, 0 or more. */
  readonly demand: readonly number[];
  /** How much is offered at each place of supply, 0 or more. */
  readonly supply: readonly number[];
  readonly legs: readonly Leg[];
  /** A place of supply serves those who live no further than this, the edge included. */
  readonly greatestCost: number;
  /** How much a leg of this cost counts; 1 everywhere in the catchment unless told. */
  readonly weight?: (cost: number) => number;
};

/**
 * Two-step floating catchment areas (2SFCA, 两步移动搜索法): how much supply there is for each unit of demand around each
 * place of demand. First every place of supply j divides what it has among all who can reach it,
 * R(j) = S(j) / Σ P(k) w(c(k,j)) over c(k,j) ≤ c₀; then every place of demand i adds up what it can reach,
 * A(i) = Σ R(j) w(c(i,j)) over c(i,j) ≤ c₀. Supply that nobody can ask for is given to nobody.
 *
 * W. Luo and F. Wang, "Measures of spatial accessibility to health care in a GIS environment", Environment and Planning B
 * 30 (2003) 865–884; with a weight that falls with the cost, Luo and Qi's enhanced form (2009).
 *
 * @returns A of each place of demand, in its order; the sum of P(i) A(i) is the supply that somebody can ask for
 */
export function twoStepAccessibility({ demand, supply, legs, greatestCost, weight = () => 1 }: Catchments): number[] {
  const within = legs.filter((leg) => leg.cost <= greatestCost);
  const asked = supply.map(() => 0);
  for (const { from, to, cost } of within) asked[to]! += demand[from]! * weight(cost);
  const share = supply.map((amount, to) => (asked[to]! > 0 ? amount / asked[to]! : 0));
  const access = demand.map(() => 0);
  for (const { from, to, cost } of within) access[from]! += share[to]! * weight(cost);
  return access;
}
