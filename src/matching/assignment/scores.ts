import { Auction } from './auction.ts';
import { bestValue, Exchange } from './exchange.ts';
import { clearHoldings, emptyHoldings, type Holdings, hold } from './holdings.ts';
import type { Market, MarketPrices, Ties } from './market.ts';
import type { Incoming } from './neighbourhoods.ts';

/** What a solved market gives: who holds which places, and prices that prove it best. */
export type SolvedMarket = { readonly holdings: Holdings; readonly prices: MarketPrices };

/** When one means gives way to the next. Every setting gives an optimal flow; they differ in time only. */
export type SolverEffort = {
  /** Bids without epsilon that a bidder may make, however many units it has, before it is left to the other means. */
  readonly reductionBids: number;
  /** The share of the bidders that may then be pending for shortest paths to place them; else the auction does. */
  readonly pathsPerBidder: number;
};

const DEFAULT_EFFORT: SolverEffort = { reductionBids: 16, pathsPerBidder: 1 / 200 };
/** Each phase divides epsilon by this; the first epsilon is the highest score divided by the first divisor. */
const EPSILON_RATIO = 7;
const FIRST_DIVISOR = 300;
const FIRST_DIVISOR_TIGHT = 16;
/** The last epsilon as a share of the highest score: a smaller one costs more bids than it saves the paths that follow. */
const LAST_DIVISOR = 4000;
/** Bids for each unit (or edge, where these are fewer) after which a phase gives up. */
const BIDS_PER_UNIT = 200;

/**
 * The flow of highest total score in a market. Three means, each exact or made exact by the next: bids without epsilon
 * place most units where places are plenty; shortest paths place a small rest. A large rest, where places are
 * scarce, goes to an auction with falling epsilon, which finds prices close to the right ones; shortest paths from there are
 * short.
 */
export function solveMarket(market: Market, effort: SolverEffort = DEFAULT_EFFORT): SolvedMarket {
  const holdings = emptyHoldings(market.offset, market.quantity, market.objects);
  return finishMarket(market, startMarket(market, effort.reductionBids), holdings, null, effort);
}

/** Bids without epsilon from prices of 0, at most `bidsPerBidder` of each bidder. */
export function startMarket(market: Market, bidsPerBidder: number): Auction {
  const price = new Float64Array(market.objects);
  // An object without places must not be bid for: its price is infinite until the end.
  for (let s = 0; s < market.objects; s++) if (market.capacity[s] === 0) price[s] = Number.POSITIVE_INFINITY;
  const auction = new Auction(market, price);
  auction.reduce(bidsPerBidder);
  return auction;
}

/**
 * Solves a market from a started auction, in the holdings given, whose contents do not matter. `incoming` are the edges by
 * object where they are known.
 */
export function finishMarket(
  market: Market,
  auction: Auction,
  holdings: Holdings,
  incoming: Incoming | null,
  effort: SolverEffort = DEFAULT_EFFORT,
): SolvedMarket {
  const prices = { object: auction.price, bidder: new Float64Array(market.bidders) };
  let pending = 0;
  for (let n = 0; n < market.bidders; n++) if (auction.pending[n]! > 0) pending++;
  if (pending > effort.pathsPerBidder * market.bidders) {
    priceByScaling(market, auction);
    settlePrices(auction);
  }
  takeOver(market, auction, holdings, prices);
  const exchange = new Exchange(market, holdings, prices, incoming);
  exchange.placeUnits();
  exchange.fillPlaces();
  if (market.outsideFrom < market.objects) {
    exchange.balanceOutsides();
    priceEmptyOutsides(market, prices);
    if (market.ties === null) takeUnmetAsZero(market, prices);
    else {
      takeTiesAsZero(market, prices, market.ties);
      exchange.tradeTies(market.ties.spare);
    }
  }
  priceEmptyObjects(market, prices);
  return { holdings, prices };
}

/** Phases of falling epsilon, from the prices that there are. */
function priceByScaling(market: Market, auction: Auction): void {
  let highest = 0;
  for (let e = 0; e < market.score.length; e++) if (market.score[e]! > highest) highest = market.score[e]!;
  let units = 0;
  for (let n = 0; n < market.bidders; n++) units += market.quantity[n]!;
  const last = Math.max(1, Math.floor(highest / LAST_DIVISOR));
  const divisor = auction.idleUnits > 0 ? FIRST_DIVISOR : FIRST_DIVISOR_TIGHT;
  for (let epsilon = Math.max(last, Math.floor(highest / divisor)); ; ) {
    const cleared = auction.clear(epsilon, BIDS_PER_UNIT * Math.min(units, market.object.length));
    if (!cleared || epsilon === last) return;
    epsilon = Math.max(last, Math.floor(epsilon / EPSILON_RATIO));
  }
}

/** Takes the price of idle places, which is the same for all of them but for epsilon, as the zero of prices. */
function settlePrices(auction: Auction): void {
  const { price, idle, places } = auction;
  if (auction.idleUnits === 0) return;
  let floor = Number.POSITIVE_INFINITY;
  for (let s = 0; s < price.length; s++) if (places[s]! > 0) floor = Math.min(floor, price[s]!);
  for (let s = 0; s < price.length; s++) if (places[s]! > 0) price[s] = idle[s]! > 0 ? 0 : price[s]! - floor;
}

/** Holds those units of the auction that are on a best edge of their bidder; the others are pending again. */
function takeOver(market: Market, auction: Auction, holdings: Holdings, prices: MarketPrices): void {
  clearHoldings(holdings, market.quantity);
  for (let n = 0; n < market.bidders; n++) {
    const best = bestValue(market, prices.object, n);
    prices.bidder[n] = best === Number.NEGATIVE_INFINITY ? 0 : best;
  }
  auction.eachHeld((n, edge, s, units) => {
    if (market.score[edge]! - prices.object[s]! === prices.bidder[n]!) hold(holdings, n, edge, s, units);
  });
}

/** The least that an outside without places may be priced at: as much as no bidder would stay unmet for. */
function priceEmptyOutsides(market: Market, prices: MarketPrices): void {
  const { bidders, objects, offset, object, capacity, outsideFrom } = market;
  const least = new Float64Array(objects - outsideFrom).fill(Number.NEGATIVE_INFINITY);
  for (let n = 0; n < bidders; n++) {
    const outside = offset[n + 1]! > offset[n]! ? object[offset[n + 1]! - 1]! - outsideFrom : -1;
    if (outside >= 0) least[outside] = Math.max(least[outside]!, -prices.bidder[n]!);
  }
  for (let s = outsideFrom; s < objects; s++) {
    if (capacity[s] === 0)
      prices.object[s] = least[s - outsideFrom]! === Number.NEGATIVE_INFINITY ? 0 : least[s - outsideFrom]!;
  }
}

/** Shifts prices so that staying unmet, which has no score, costs nothing: all places of such a market are filled. */
function takeUnmetAsZero(market: Market, prices: MarketPrices): void {
  const zero = prices.object[market.outsideFrom]!;
  for (let s = 0; s < market.objects; s++) prices.object[s]! -= zero;
  for (let n = 0; n < market.bidders; n++) prices.bidder[n]! += zero;
}

/**
 * Shifts the prices of each level so that no outside that could do with a unit less is priced below 0; where a level has none,
 * so that no outside is priced above 0.
 */
function takeTiesAsZero(
  { bidders, objects, offset, object, capacity, outsideFrom }: Market,
  prices: MarketPrices,
  ties: Ties,
) {
  const { spare, level } = ties;
  const levels = 1 + level.reduce((highest, other) => Math.max(highest, other), 0);
  const lowest = new Float64Array(levels).fill(Number.POSITIVE_INFINITY);
  const highest = new Float64Array(levels).fill(Number.NEGATIVE_INFINITY);
  for (let s = outsideFrom; s < objects; s++) {
    const price = prices.object[s]!;
    if (spare[s]! < 0 && capacity[s]! > 0) lowest[level[s]!] = Math.min(lowest[level[s]!]!, price);
    highest[level[s]!] = Math.max(highest[level[s]!]!, price);
  }
  const zeroOf = (s: number): number => {
    const zero = lowest[level[s]!]! < Number.POSITIVE_INFINITY ? lowest[level[s]!]! : highest[level[s]!]!;
    return level[s] === 0 || zero === Number.NEGATIVE_INFINITY ? 0 : zero;
  };
  for (let n = 0; n < bidders; n++) {
    if (offset[n + 1]! > offset[n]!) prices.bidder[n]! += zeroOf(object[offset[n]!]!);
  }
  for (let s = 0; s < objects; s++) prices.object[s]! -= zeroOf(s);
}

/**
 * What a place of an object without any would be worth: the most that a bidder would gain by it. An outside without places may
 * be priced higher, and is where it could do with a unit less.
 */
function priceEmptyObjects(market: Market, prices: MarketPrices): void {
  const { bidders, objects, outsideFrom, offset, object, score, capacity, ties } = market;
  let empty = 0;
  for (let s = 0; s < objects; s++) {
    if (capacity[s]! > 0) continue;
    if (s >= outsideFrom) {
      if (ties !== null && ties.spare[s]! < 0) prices.object[s] = Math.max(0, prices.object[s]!);
      continue;
    }
    prices.object[s] = 0;
    empty++;
  }
  if (empty === 0) return;
  for (let n = 0; n < bidders; n++) {
    for (let e = offset[n]!, end = offset[n + 1]!; e < end; e++) {
      const s = object[e]!;
      if (capacity[s] === 0 && s < outsideFrom) {
        prices.object[s] = Math.max(prices.object[s]!, score[e]! - prices.bidder[n]!);
      }
    }
  }
}
