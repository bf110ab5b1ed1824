/** An operation that is ready to run in GraphiQL. */
export type ExampleOperation = { readonly query: string; readonly variables?: string };

/** What a tab of GraphiQL begins with when nothing else is asked for. */
export const WELCOME = `# Liangdan 两单: the demand list and the service list.
# The public lists need no token. For the rest put one
# of the tokens that \`npm start\` printed under Headers:
#   { "Authorization": "Bearer …" }
`;

/** One tab each; whose token an operation asks for stands in its first line. */
export const EXAMPLE_OPERATIONS: readonly ExampleOperation[] = [
  {
    query: `${WELCOME}
query ServiceList {
  area { name communities { totalCount } }
  services(first: 10) {
    totalCount
    nodes {
      name
      nature
      categories { name roomClass }
      provider { name kind }
    }
  }
}
`,
  },
  {
    query: `# Token of an AREA_ADMIN, COMMUNITY_STAFF or GRID_WORKER.
query WhereSupplyMissesNeed {
  needs(first: 10, filter: { states: [UNMET] }, order: MOST_URGENT) {
    totalCount
    nodes {
      title
      description
      urgency
      category { name }
      community { name }
      outcome {
        unmetReason
        removed { constraint services }
        nearestMiss { constraint message service { name provider { name } } }
      }
    }
  }
}
`,
  },
  {
    query: `# Token of an AREA_ADMIN or COMMUNITY_STAFF: what if a resident wrote this?
query Preview($input: NeedSketchInput!) {
  previewNeed(input: $input, most: 3) {
    category { name }
    passed
    candidates {
      score
      distanceMetres
      service { name provider { name kind } }
      factors { factor contribution reason }
    }
    nearestMiss { message }
  }
}
`,
    variables: '{\n  "input": { "title": "家里老人想订午饭，能送上门最好" }\n}',
  },
  {
    query: `# Token of an AREA_ADMIN or COMMUNITY_STAFF: matches all waiting needs and dispatches the orders.
mutation RunMatch {
  runMatch(input: { policy: OPTIMAL }) {
    ... on MatchRun { id state needs matched dispatched unmet }
    ... on Failure { code message path }
  }
}
`,
  },
  {
    query: `# Token of PROVIDER_STAFF: the orders that wait for an answer.
query OrdersToAnswer {
  orders(first: 10, filter: { states: [DISPATCHED] }) {
    totalCount
    nodes {
      id
      version
      state
      acceptBy
      service { name }
      need { title description }
      candidate { score rank }
    }
  }
}
`,
  },
  {
    query: `# Any token: changes of the orders that you may read, as they happen.
subscription OrderChanges {
  orderChanged {
    id
    state
    service { name }
  }
}
`,
  },
  {
    query: `# Token of an AUDITOR, AREA_ADMIN or COMMUNITY_STAFF.
query Ledgers {
  ledgers(first: 5) {
    nodes {
      category { name }
      community { name }
      lastSeq
      entries(first: 5) { nodes { seq kind at body hash } }
      accounts(first: 5) { nodes { kind unit balance creditsPending creditsPosted } }
    }
  }
}
`,
  },
  {
    query: `# Token of an ANALYST, AREA_ADMIN, AUDITOR or COMMUNITY_STAFF.
query FitByCategory {
  fit(first: 50) {
    totals { needs matched fulfilled unmet fillRate responseRate satisfactionRate }
    nodes {
      category { name }
      needs
      unmet
      unmetReasons { message needs }
      fillRate
      capacityUsed
    }
  }
}
`,
  },
];
