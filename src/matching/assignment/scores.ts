import { Auction } from './auction.ts';
import { addFlow, type Flow } from './flow.ts';
import { LocalSearch, linkIncoming, type SearchState } from './local-search.ts';
import { clearFlow, emptyFlow, loadFlow, type Market, type MarketPrices } from './market.ts';
import { bestValue, sendPending } from './shortest-paths.ts';

/** What a solved market gives: units on each of its edges, and prices that prove them best. */
export type SolvedMarket = { readonly amount: Int32Array; readonly prices: MarketPrices };

/** When one means gives way to the next. Every setting gives an optimal flow; they differ in time only. */
export type SolverEffort = {
  /** Bids without epsilon that a bidder may make for each unit before it is left to shortest paths. */
  readonly reductionBids: number;
  /** How many bidders shortest paths may scan, as a multiple of the bidders there are, before the auction takes over. */
  readonly scansPerBidder: number;
};

const DEFAULT_EFFORT: SolverEffort = { reductionBids: 16, scansPerBidder: 0.5 };
/** Each phase divides epsilon by this; the first epsilon is the highest score divided by the first divisor. */
const EPSILON_RATIO = 5;
const FIRST_DIVISOR = 500;
const FIRST_DIVISOR_TIGHT = 16;
/** The last epsilon as a share of the highest score. */
const LAST_DIVISOR = 100_000;
/** Bids for each unit (or edge, where these are fewer) after which a phase gives up. */
const BIDS_PER_UNIT = 200;

/**
 * The flow of highest total score in a market. Three means, each exact or made exact by the next: bids without epsilon
 * place most units where places are plenty; shortest paths place the rest. Where these get long, because places are
 * scarce, an auction with falling epsilon finds prices close to the right ones, and shortest paths from there are short.
 */
export function solveMarket(market: Market, effort: SolverEffort = DEFAULT_EFFORT): SolvedMarket {
  const prices = { object: new Float64Array(market.objects), bidder: new Float64Array(market.bidders) };
  const flow = emptyFlow(market);
  if (market.forced !== null) {
    for (let s = 0; s < market.objects; s++) if (market.forced[s]! > 0) prices.object[s] = market.forcedPrice;
  }
  if (market.outsideFrom >= 0) {
    sendPending(market, flow, prices, Number.POSITIVE_INFINITY);
    return { amount: flow.amount, prices };
  }
  const closed = closeEmptyObjects(market, prices.object);
  const auction = new Auction(market, prices.object);
  // Where units stay unmet, most needs would only bid one another up: the auction does that in larger steps.
  auction.reduce(market.unmetObject >= 0 ? Math.min(2, effort.reductionBids) : effort.reductionBids);
  startFlow(market, flow, auction, prices);
  const scanLimit =
    auction.idleUnits > 4 * market.bidders ? Number.POSITIVE_INFINITY : effort.scansPerBidder * market.bidders;
  if (!sendPending(market, flow, prices, scanLimit)) {
    auction.adopt(flow.amount);
    priceByScaling(market, auction);
    settlePrices(auction);
    clearFlow(flow, market.quantity);
    startFlow(market, flow, auction, prices);
    if (market.unmetObject >= 0) settleUnmet(market, flow, prices);
    else {
      sendPending(market, flow, prices, Number.POSITIVE_INFINITY);
      fillPricedPlaces(market, flow, prices);
    }
  } else if (market.unmetObject >= 0) freeUnmet(market, flow, prices);
  if (closed) priceEmptyObjects(market, prices);
  return { amount: flow.amount, prices };
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

/**
 * Ends what the auction may leave: objects that are not full and still priced. Such a place is filled along a shortest
 * path from a place that may be given up, or its price falls to 0, whichever loses least.
 */
function fillPricedPlaces(market: Market, flow: Flow, prices: MarketPrices): void {
  const { capacity, forced } = market;
  let search: LocalSearch | null = null;
  for (let s = 0; s < market.objects; s++) {
    if (flow.used[s]! >= capacity[s]! || (prices.object[s]! <= 0 && !(forced !== null && forced[s]! > 0))) continue;
    search ??= new LocalSearch(searchState(market, flow, prices));
    search.fill(s);
  }
}

/** Turns units held by the unmet object into pending ones, and sets its price, which is that of staying unmet, to 0. */
function freeUnmet(market: Market, flow: Flow, prices: MarketPrices): void {
  const { unmetObject, score, objects, bidders } = market;
  const zero = prices.object[unmetObject]!;
  for (let s = 0; s < objects; s++) prices.object[s]! -= zero;
  for (let n = 0; n < bidders; n++) prices.bidder[n]! += zero;
  for (let e = flow.head[unmetObject]!; e >= 0; e = flow.head[unmetObject]!) addFlow(flow, e, -flow.amount[e]!);
  for (let e = 0; e < score.length; e++) if (market.object[e] === unmetObject) score[e] = -1;
}

/** The end of a contested market: pending needs find places or stay unmet, then every place left is filled. */
function settleUnmet(market: Market, flow: Flow, prices: MarketPrices): void {
  const { offset, object, bidders, capacity, unmetObject } = market;
  const bound = new Uint8Array(bidders);
  for (let n = 0; n < bidders; n++) if (object[offset[n + 1]! - 1] !== unmetObject) bound[n] = 1;
  freeUnmet(market, flow, prices);
  const search = new LocalSearch({ ...searchState(market, flow, prices), forced: capacity, bound });
  for (let n = 0; n < bidders; n++) if (flow.pending[n]! > 0) search.settle(n);
  for (let s = 0; s < unmetObject; s++) search.fill(s);
}

function searchState(market: Market, flow: Flow, prices: MarketPrices): SearchState {
  const edges = market.object.length;
  const state: SearchState = {
    needs: market.bidders,
    edges,
    flow,
    capacity: market.capacity,
    servicePrice: prices.object,
    needPrice: prices.bidder,
    tier: new Uint8Array(0),
    quantity: market.quantity,
    firstEdge: market.offset,
    worth: market.score,
    score: market.score,
    firstIncoming: new Int32Array(market.objects).fill(-1),
    nextIncoming: new Int32Array(edges),
    forced: market.forced,
    bound: null,
  };
  for (let e = 0; e < edges; e++) linkIncoming(state, e);
  return state;
}

/** Takes the price of idle places, which is the same for all of them but for epsilon, as the zero of prices. */
function settlePrices(auction: Auction): void {
  const { price, idle, places } = auction;
  if (auction.idleUnits === 0) return;
  let floor = Number.POSITIVE_INFINITY;
  for (let s = 0; s < price.length; s++) {
    if (places[s]! > 0 && !auction.isForced(s)) floor = Math.min(floor, price[s]!);
  }
  for (let s = 0; s < price.length; s++) if (places[s]! > 0) price[s] = idle[s]! > 0 ? 0 : price[s]! - floor;
}

/** Loads into an empty flow those units of the auction that are on a best edge of their bidder. */
function startFlow(market: Market, flow: Flow, auction: Auction, prices: MarketPrices): void {
  const { offset, score, object } = market;
  const { amount } = auction;
  for (let n = 0; n < market.bidders; n++) {
    const best = bestValue(market, prices.object, n);
    prices.bidder[n] = best === Number.NEGATIVE_INFINITY ? 0 : best;
    for (let e = offset[n]!; e < offset[n + 1]!; e++) {
      if (amount[e]! > 0 && score[e]! - prices.object[object[e]!]! < best) amount[e] = 0;
    }
  }
  loadFlow(flow, amount);
}

/** An object without places must not be bid for: its price is infinite until the end. False when there is none. */
function closeEmptyObjects(market: Market, price: Float64Array): boolean {
  let closed = false;
  for (let s = 0; s < market.objects; s++) {
    if (market.capacity[s]! > 0) continue;
    price[s] = Number.POSITIVE_INFINITY;
    closed = true;
  }
  return closed;
}

/** What a place of an object without any would be worth: the most that a bidder would gain by it. */
function priceEmptyObjects(market: Market, prices: MarketPrices): void {
  const { object, score, bidderOf, capacity } = market;
  for (let s = 0; s < market.objects; s++) if (capacity[s] === 0) prices.object[s] = 0;
  for (let e = 0; e < object.length; e++) {
    const s = object[e]!;
    if (capacity[s] !== 0) continue;
    prices.object[s] = Math.max(prices.object[s]!, score[e]! - prices.bidder[bidderOf[e]!]!);
  }
}
