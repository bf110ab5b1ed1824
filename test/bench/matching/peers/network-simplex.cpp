// LEMON's NetworkSimplex on the same assignment problem, as the peer that our bench compares with.
// Input (binary, little endian, stdin): int32 services, needs, edges; capacity[services]; offset[needs + 1];
// service[edges]; score[edges]. A need may stay unmet at a cost above any path of scores.
// Output: one line with the processor seconds to build the graph and to solve, matched units, total score, memory held once the
// input is read and at the peak (KiB).
// No sink node: services are demands that need not be met (GEQ), which NetworkSimplex solves several times faster.
#include <lemon/network_simplex.h>
#include <lemon/smart_graph.h>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <vector>

static std::vector<int32_t> readColumn(size_t length) {
  std::vector<int32_t> column(length);
  if (fread(column.data(), 4, length, stdin) != length) throw "input ends early";
  return column;
}

// What Linux holds against the name in this process's status. (getrusage would count the parent's peak as ours.)
static long memoryKibibytes(const char *format) {
  FILE *file = fopen("/proc/self/status", "r");
  if (file == nullptr) throw "no /proc/self/status";
  char line[256];
  long kibibytes = 0;
  while (fgets(line, sizeof line, file) != nullptr && sscanf(line, format, &kibibytes) != 1);
  fclose(file);
  return kibibytes;
}

static double processorSeconds() { return (double)clock() / CLOCKS_PER_SEC; }

int main() {
  const auto sizes = readColumn(3);
  const int services = sizes[0], needs = sizes[1];
  const auto capacity = readColumn(services);
  const auto offset = readColumn(needs + 1);
  const auto service = readColumn(sizes[2]);
  const auto score = readColumn(sizes[2]);

  const long before = memoryKibibytes("VmRSS: %ld");
  const double buildStart = processorSeconds();
  typedef lemon::SmartDigraph Graph;
  typedef lemon::NetworkSimplex<Graph, int64_t, int64_t> Solver;
  Graph graph;
  graph.reserveNode(services + needs + 1);
  graph.reserveArc(sizes[2] + needs);
  for (int node = 0; node < services + needs + 1; node++) graph.addNode();
  const int sink = services + needs;
  for (int n = 0; n < needs; n++) {
    for (int e = offset[n]; e < offset[n + 1]; e++) graph.addArc(graph.nodeFromId(services + n), graph.nodeFromId(service[e]));
  }
  for (int n = 0; n < needs; n++) graph.addArc(graph.nodeFromId(services + n), graph.nodeFromId(sink));

  int64_t highest = 0;
  for (const int32_t value : score) if (value > highest) highest = value;
  const int64_t unmet = (2 * (int64_t)(needs < services ? needs : services) + 2) * (highest + 1);
  Graph::ArcMap<int64_t> upper(graph), cost(graph);
  Graph::NodeMap<int64_t> supply(graph, 0);
  for (int e = 0; e < sizes[2]; e++) {
    upper[graph.arcFromId(e)] = 1;
    cost[graph.arcFromId(e)] = highest - (int64_t)score[e];
  }
  for (int s = 0; s < services; s++) supply[graph.nodeFromId(s)] = -capacity[s];
  for (int n = 0; n < needs; n++) {
    upper[graph.arcFromId(sizes[2] + n)] = 1;
    cost[graph.arcFromId(sizes[2] + n)] = unmet;
    supply[graph.nodeFromId(services + n)] = 1;
  }
  supply[graph.nodeFromId(sink)] = -needs;
  const double buildSeconds = processorSeconds() - buildStart;

  const double solveStart = processorSeconds();
  Solver solver(graph);
  solver.upperMap(upper).costMap(cost).supplyMap(supply).supplyType(Solver::GEQ);
  const auto status = solver.run();
  const double solveSeconds = processorSeconds() - solveStart;
  if (status != Solver::OPTIMAL) return 1;

  int64_t matched = 0, total = 0;
  for (int e = 0; e < sizes[2]; e++) {
    const int64_t flow = solver.flow(graph.arcFromId(e));
    matched += flow;
    total += flow * score[e];
  }
  printf("%.6f %.6f %lld %lld %ld %ld\n", buildSeconds, solveSeconds, (long long)matched, (long long)total, before,
         memoryKibibytes("VmHWM: %ld"));
  return 0;
}
