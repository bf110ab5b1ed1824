/** The first tab of GraphiQL. */
export const WELCOME = `# Liangdan 两单: the demand list and the service list of one area.
# The public lists need no token. For the rest, put a token that \`npm start\` printed
# (or \`npm run liangdan -- token COMMUNITY_STAFF\`) under Headers:
#   { "Authorization": "Bearer …" }
`;

/** Operations that are ready to run, one tab each; whose token they ask for stands in the first line. */
export const EXAMPLE_OPERATIONS: readonly { readonly query: string; readonly variables?: string }[] = [
  {
    query: `${WELCOME}
query ServiceList {
  area { name communities { totalCount } }
  services(first: 10) {
    totalCount
    nodes { name nature provider { name kind } }
  }
}
`,
  },
];
