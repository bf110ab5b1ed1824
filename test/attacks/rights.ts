import type { Asker, Grounds } from './grounds.ts';
import type { Thing } from './things.ts';

/*
 * What is expected of the policy, written a second time and by hand, so that a slip in src/ does not correct its own test.
 * Who adds a type or a field to the schema says here who may read it.
 */

/** A right: none, what is one's own, what is public and one's own, or all of the area. */
type Right = '-' | 'own' | 'public' | 'area';

/** Which things of a type each one may read, by `node` and wherever else they stand. */
export const READERS = table(`
                    nobody  resident provider grid    staff   analyst admin   auditor
  Account           -       -        -        -       own     -       area    area
  Appraisal         -       own      own      own     own     -       area    area
  Area              area    area     area     area    area    area    area    area
  AuditEntry        -       -        -        -       -       -       -       area
  Candidate         -       own      own      own     own     -       area    -
  Caregiving        -       own      -        own     own     -       area    -
  Category          area    area     area     area    area    area    area    area
  Community         area    area     area     area    area    area    area    area
  ConsentRecord     -       own      -        own     own     -       area    -
  FundingProgramme  -       -        -        -       area    area    area    area
  Ledger            -       -        -        -       own     -       area    area
  LedgerEntry       -       -        -        -       own     -       area    area
  LedgerPeriod      -       -        -        -       own     -       area    area
  MatchOutcome      -       own      -        own     own     -       area    -
  MatchRun          -       -        -        -       area    area    area    area
  Need              -       own      own      own     own     -       area    -
  Notice            -       -        own      -       own     -       area    area
  Order             -       own      own      own     own     -       area    area
  Provider          public  public   public   public  area    public  area    area
  Resident          -       own      -        own     own     -       area    -
  ResidentErasure   -       own      -        -       -       -       area    -
  ResidentExport    -       own      -        -       own     -       own     -
  ResidentReveal    -       -        -        own     own     -       own     -
  RoleGrant         -       own      own      own     own     own     area    area
  ScoringProfile    -       -        -        -       area    area    area    area
  Service           public  public   public   public  area    public  area    area
  Settlement        -       -        own      -       -       -       area    area
  SlaTerm           area    area     area     area    area    area    area    area
  Transfer          -       -        -        -       own     -       area    area
  User              -       own      own      own     own     own     area    area
`);

/** Whether the table lets someone read a thing. */
export function mayRead(asker: Asker, thing: Thing, { home, users }: Grounds): boolean {
  const right = READERS[thing.typename]![asker];
  const { areaId, communities, providers, residents } = home.area;
  if (thing.areaId !== areaId || right === '-') return false;
  if (right === 'area' || (right === 'public' && thing.isPublic)) return true;
  if (thing.users.includes(users[asker] ?? '')) return true;
  switch (asker) {
    case 'resident':
      return thing.residents.includes(residents.yang);
    case 'provider':
      return thing.providers.includes(providers.canteen);
    case 'grid':
    case 'staff':
      return thing.communities.includes(communities.dashizi);
    default:
      return false;
  }
}

/**
 * The fields of a type: what everyone reads who reads the thing, and what only some read, who are named; to others it is
 * null or empty.
 */
type Fields = {
  readonly all: string;
  readonly only?: Readonly<Record<string, string>>;
  /** What others than the resident see with a mask. */
  readonly masked?: string;
};

/** Those who look after needs of others, and their residents themselves. */
const CARING = 'resident grid staff admin';
const BOOKKEEPING = 'staff admin auditor';

/** Fields of the types that have ids. */
export const FIELDS: Readonly<Record<string, Fields>> = {
  Account: { all: 'balance creditsPending creditsPosted debitsPending debitsPosted id kind ownerId unit' },
  Appraisal: { all: 'at comment id mark order resolved' },
  Area: { all: 'code communities id name nameEn utcOffsetMinutes workEnd workStart' },
  AuditEntry: {
    all: 'action actorId address at body hash id prevHash purpose requestId roles seq shard subjectId subjectType',
  },
  Candidate: { all: 'assigned current distanceMetres factors id rank score service', only: { price: CARING } },
  Caregiving: { all: 'acceptedAt caregiverName endedAt id namedAt note resident residentName state until' },
  Category: {
    all: 'acceptWithinHours children code completeWithinHours id name nameEn parent roomClass synonyms unit',
  },
  Community: {
    all: 'area externalId id latitude longitude name nameEn officeAddress officePhone population',
  },
  ConsentRecord: { all: 'at given id manner purpose' },
  FundingProgramme: {
    all: `allOf amountPerUnitFen anyOf budgetFen capPerProviderFen capPerResidentFen categories communities externalId id
      leftFen low lowPercent maximumAge minimumAge name nameEn noneOf priority reservedFen shareBasisPoints source spentFen
      state validFrom validTo version`,
  },
  Ledger: { all: 'accounts category closedBefore community entries id lastHash lastSeq periods transfers' },
  LedgerEntry: { all: 'actorId at body hash id kind ledger prevHash seq subjectId' },
  LedgerPeriod: { all: 'balances closedAt closingSeq id ledger periodTo' },
  MatchOutcome: {
    all: 'candidates current id nearestMiss passed removed unmetReason',
    only: { need: CARING },
  },
  MatchRun: {
    all: `attempt dispatched failure finishedAt id inputDigest matched needs outcomes parameters policy profile services
      startedAt state totalScore unmet`,
  },
  Need: {
    all: `candidates category categorySource channel community deadlineAt description earliestAt externalId id latitude
      longitude maximumPriceFen orders preferredWindows quantity registeredAt state title unmetReason urgency version`,
    only: { notices: 'provider staff admin', outcome: CARING, preferences: CARING, resident: CARING },
  },
  Notice: {
    all: 'at community handledAt handledBy id kind note order programmeId provider version',
    only: { need: 'provider staff admin' },
  },
  Order: {
    all: `acceptBy acceptRemindAt acceptedAt appraisal attempt category community completeBy completeRemindAt
      confirmedAt dispatchedAt endedAt events fulfilledAt fulfilledQuantity id matchRunId mode priceFen priceParts
      provider quantity service startedAt state unit unitPriceFen version`,
    only: {
      // While the order is accepted or in service.
      contact: 'resident provider grid staff admin',
      candidate: 'resident provider grid staff admin',
      need: 'resident provider grid staff admin',
      notices: 'provider staff admin auditor',
      transfers: BOOKKEEPING,
    },
  },
  Provider: {
    all: `address admission description email externalId id kind latitude longitude name nameEn phone services version`,
  },
  Resident: {
    all: 'basis birthDate community consentRecords consents externalId gender id latitude longitude needs',
    only: { attributes: 'resident' },
    masked: 'address identityNumber name phone',
  },
  ResidentErasure: { all: 'at cancelled id purpose withdrawn' },
  ResidentExport: { all: 'document id purpose until' },
  ResidentReveal: { all: 'address attributes id identityNumber name phone purpose until' },
  RoleGrant: { all: 'community id provider role', only: { resident: 'resident admin' } },
  ScoringProfile: { all: 'createdAt id name version weights' },
  Service: {
    all: `appraisalCount averageMark capacityPeriod categories communities description eligibility externalId funding
      giftFen id keywords locations mainCategory name nameEn nature places price provider publishedAt radiusMetres schedule
      scheduleExceptions scheduleWindows status unit validFrom validTo version`,
  },
  Settlement: {
    all: `approvedAt approvedById createdAt createdById csv id lines paidAt periodFrom periodTo programmeName provider state
      totalFen version`,
    only: { programme: 'admin auditor' },
  },
  SlaTerm: { all: 'category escalateAfter id percent remindAtPercent urgency workingHours' },
  Transfer: {
    all: `amount createdAt creditAccount debitAccount id orderId postedAmount reason resolvedAt reversedBy reverses state
      unit`,
  },
  User: { all: 'displayName grants id subject' },
};

/** Fields of what has no id and is read as a part of something: where it stands, and its fields. */
export const PARTS: Readonly<Record<string, { readonly of: string; readonly all: string }>> = {
  CalendarDay: { of: 'Query.calendarDays', all: 'date name working' },
  CandidatePreview: {
    of: 'Query.previewCandidates Query.previewNeed',
    all: 'candidates category nearestMiss passed removed unmetReason',
  },
  ConstraintCount: { of: 'CandidatePreview.removed MatchOutcome.removed', all: 'constraint services' },
  EligibilityRule: { of: 'Service.eligibility', all: 'allOf anyOf maximumAge minimumAge noneOf' },
  FactorShare: { of: 'Candidate.factors PreviewedCandidate.factors', all: 'contribution factor reason value' },
  FactorWeight: { of: 'ScoringProfile.weights', all: 'factor weight' },
  Fit: {
    of: 'FitConnection.nodes FitConnection.totals FitEdge.node',
    all: `accessibility appraised capacityUsed category community fillRate fulfilled isWithheld matchRate matched
      medianSecondsToAccept medianSecondsToFulfil needs offered periodStart placesOffered placesTaken resolutionRate
      responseRate satisfactionRate services units unlimitedServices unmet unmetReasons withdrawn`,
  },
  HeldRecognition: { of: 'Query.heldRecognition', all: 'held unit' },
  InputIssue: { of: 'InvalidInput.issues', all: 'message path rule' },
  LedgerPeriodBalance: {
    of: 'LedgerPeriodBalancesConnection.nodes LedgerPeriodBalancesConnectionEdge.node',
    all: 'account balance creditsPending creditsPosted debitsPending debitsPosted',
  },
  MatchRunParameters: { of: 'MatchRun.parameters', all: 'candidatesPerNeed categoryIds communityIds dispatch' },
  MatchRunProgress: { of: 'Subscription.matchRunProgress', all: 'done runId stage total' },
  NearestMiss: { of: 'CandidatePreview.nearestMiss MatchOutcome.nearestMiss', all: 'constraint message service' },
  NeedPreference: { of: 'Need.preferences', all: 'kind nature provider service' },
  OrderContact: { of: 'Order.contact', all: 'address name phone' },
  OrderEvent: { of: 'Order.events', all: 'actorRole at from reason seq to' },
  PreferredWindow: { of: 'Need.preferredWindows', all: 'day end start' },
  PreviewedCandidate: { of: 'CandidatePreview.candidates', all: 'distanceMetres factors rank score service' },
  PricePart: { of: 'Order.priceParts PriceSplit.parts', all: 'amountFen payer programmeName' },
  PriceSplit: { of: 'Candidate.price Query.priceOf', all: 'isAboveMaximum parts priceFen residentFen' },
  RankedCategory: { of: 'CategoryUnclear.considered', all: 'category confidence' },
  ResidentConsent: { of: 'Resident.consents', all: 'given isPermitted name purpose without' },
  ResidentAttribute: { of: 'Resident.attributes ResidentReveal.attributes', all: 'code name' },
  ScheduleException: { of: 'Service.scheduleExceptions', all: 'date end start' },
  ScheduleWindow: { of: 'Service.scheduleWindows', all: 'day end start' },
  ServiceLocation: { of: 'Service.locations', all: 'address latitude longitude name' },
  SettlementLine: {
    of: 'SettlementLinesConnection.nodes SettlementLinesConnectionEdge.node',
    all: 'amountFen orderId postedAt',
  },
  SlaTermInForce: {
    of: 'Query.slaTermsInForce',
    all: 'escalateAfter percent remindAtPercent urgency workingHours',
  },
  UnmetReasonCount: { of: 'Fit.unmetReasons', all: 'message needs reason' },
};

/** What a failure says beside `code`, `message` and `path`; nothing that whoever is refused may not know. */
export const FAILURES: Readonly<Record<string, string>> = {
  AccountOverdrawn: 'available',
  AlreadyAppraised: '',
  CapacityExhausted: '',
  CategoryUnclear: 'considered',
  ConsentWithheld: 'purpose',
  ConstraintNotMet: 'constraint',
  ErasureHindered: 'hindrance',
  IdempotencyKeyReused: '',
  InvalidInput: 'issues',
  LastAdministrator: '',
  NeedNotWaiting: 'state',
  NotAllowed: '',
  NotFound: '',
  NotSignedIn: '',
  NothingToSettle: '',
  PeriodClosed: '',
  SecondPersonNeeded: '',
  ServiceNotOffered: '',
  TransferIrreversible: 'because',
  TransitionRefused: 'from to',
  VersionConflict: 'current currentState currentVersion',
};

function table(text: string): Readonly<Record<string, Readonly<Record<Asker, Right>>>> {
  const [heads, ...rows] = text.trim().split('\n');
  const askers = heads!.trim().split(/\s+/) as Asker[];
  return Object.fromEntries(
    rows.map((row) => {
      const [typename, ...rights] = row.trim().split(/\s+/);
      return [typename, Object.fromEntries(askers.map((asker, index) => [asker, rights[index]]))];
    }),
  ) as Readonly<Record<string, Readonly<Record<Asker, Right>>>>;
}
