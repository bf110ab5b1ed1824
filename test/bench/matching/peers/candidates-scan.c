/*
 * A plain scan for the best services of a need: every row is held against the constraints and scored, the k best stay in
 * a heap. Reads columns and needs from one file (see candidates-peers.ts), writes the rows and scores found and the
 * processor time of one scan of each need, the least of several.
 *
 *   candidates-scan FILE REPEATS
 */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ID_LENGTH 36
#define EARTH_RADIUS_METRES 6371008.8
#define CIRCLE_SQUARE (1200.0 * 1200.0)
#define SCALE 1000000.0

enum { CATEGORY, PROXIMITY, TIMELINESS, AFFORDABILITY, QUALITY, LOAD, WEIGHTS };

static int32_t count, timetables, needs, k;
static double *x, *y, *z, *radius;
static int32_t *any_of, *none_of, *minimum_age, *eligible_always, *timetable, *free_places, *price, *quality, *load_value;
static uint8_t *admitted;
static char *ids;
static double weights[WEIGHTS], weight_sum;

typedef struct {
  double x, y, z, maximum_price;
  int32_t attributes, age, quantity, unused;
} Need;

static int32_t best_rows[1024], best_scores[1024], best_count;

static int is_worse(int32_t row, int32_t score, int32_t other, int32_t other_score) {
  if (score != other_score) return score < other_score;
  return memcmp(ids + (size_t)row * ID_LENGTH, ids + (size_t)other * ID_LENGTH, ID_LENGTH) > 0;
}

static void sink(int32_t index, int32_t row, int32_t score) {
  for (;;) {
    int32_t child = 2 * index + 1;
    if (child >= best_count) break;
    if (child + 1 < best_count &&
        is_worse(best_rows[child + 1], best_scores[child + 1], best_rows[child], best_scores[child]))
      child++;
    if (!is_worse(best_rows[child], best_scores[child], row, score)) break;
    best_rows[index] = best_rows[child];
    best_scores[index] = best_scores[child];
    index = child;
  }
  best_rows[index] = row;
  best_scores[index] = score;
}

static void offer(int32_t row, int32_t score) {
  if (best_count == k) {
    if (is_worse(best_rows[0], best_scores[0], row, score)) sink(0, row, score);
    return;
  }
  int32_t index = best_count++;
  while (index > 0) {
    int32_t parent = (index - 1) / 2;
    if (!is_worse(row, score, best_rows[parent], best_scores[parent])) break;
    best_rows[index] = best_rows[parent];
    best_scores[index] = best_scores[parent];
    index = parent;
  }
  best_rows[index] = row;
  best_scores[index] = score;
}

static int32_t scan(const Need *need, const double *timeliness) {
  int32_t passed = 0;
  best_count = 0;
  for (int32_t row = 0; row < count; row++) {
    if (!admitted[row]) continue;
    double dx = need->x - x[row], dy = need->y - y[row], dz = need->z - z[row];
    double metres = floor(2 * EARTH_RADIUS_METRES * asin(sqrt(dx * dx + dy * dy + dz * dz) / 2) + 0.5);
    if (radius[row] >= 0 && metres > radius[row]) continue;
    if (need->age < minimum_age[row]) continue;
    if ((none_of[row] & need->attributes) != 0) continue;
    if (!eligible_always[row] && (any_of[row] & need->attributes) == 0) continue;
    double timely = timeliness[timetable[row]];
    if (timely < 0) continue;
    if (free_places[row] < need->quantity) continue;
    if (price[row] > need->maximum_price) continue;
    passed++;
    double proximity = floor(SCALE * CIRCLE_SQUARE / (CIRCLE_SQUARE + metres * metres) + 0.5);
    double affordable = floor(SCALE * ((need->maximum_price - price[row]) / need->maximum_price) + 0.5);
    double sum = weights[CATEGORY] * SCALE + weights[PROXIMITY] * proximity + weights[TIMELINESS] * timely +
                 weights[AFFORDABILITY] * affordable + weights[QUALITY] * quality[row] +
                 weights[LOAD] * load_value[row];
    offer(row, (int32_t)floor(sum / weight_sum));
  }
  return passed;
}

static void *read_array(FILE *file, size_t size, size_t length) {
  void *array = malloc(size * length + 8);
  if (!array || fread(array, size, length, file) != length) {
    fprintf(stderr, "the file is too short\n");
    exit(1);
  }
  return array;
}

static double processor_milliseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return now.tv_sec * 1e3 + now.tv_nsec / 1e6;
}

int main(int argc, char **argv) {
  FILE *file = argc == 3 ? fopen(argv[1], "rb") : NULL;
  if (!file) return 1;
  int32_t *header = read_array(file, 4, 4);
  count = header[0], timetables = header[1], needs = header[2], k = header[3];
  double *given = read_array(file, 8, WEIGHTS + 1);
  memcpy(weights, given, sizeof weights);
  weight_sum = given[WEIGHTS];
  x = read_array(file, 8, count), y = read_array(file, 8, count), z = read_array(file, 8, count);
  radius = read_array(file, 8, count);
  any_of = read_array(file, 4, count), none_of = read_array(file, 4, count);
  minimum_age = read_array(file, 4, count), eligible_always = read_array(file, 4, count);
  timetable = read_array(file, 4, count), free_places = read_array(file, 4, count);
  price = read_array(file, 4, count), quality = read_array(file, 4, count), load_value = read_array(file, 4, count);
  admitted = read_array(file, 1, count);
  ids = read_array(file, ID_LENGTH, count);
  double *timeliness = read_array(file, 8, timetables);
  Need *all = read_array(file, sizeof(Need), needs);
  fclose(file);
  int repeats = atoi(argv[2]);
  for (int32_t number = 0; number < needs; number++) {
    double least = INFINITY;
    int32_t passed = 0;
    for (int repeat = 0; repeat < repeats; repeat++) {
      double before = processor_milliseconds();
      passed = scan(&all[number], timeliness);
      double taken = processor_milliseconds() - before;
      if (taken < least) least = taken;
    }
    printf("%f %d", least, passed);
    int32_t found = best_count;
    static int32_t rows[1024], scores[1024];
    while (best_count > 0) {
      rows[best_count - 1] = best_rows[0];
      scores[best_count - 1] = best_scores[0];
      best_count--;
      if (best_count > 0) sink(0, best_rows[best_count], best_scores[best_count]);
    }
    for (int32_t index = 0; index < found; index++)
      printf(" %.*s:%d", ID_LENGTH, ids + (size_t)rows[index] * ID_LENGTH, scores[index]);
    printf("\n");
  }
  return 0;
}
