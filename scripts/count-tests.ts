/** Fails when a test of the last run was skipped or left to do; closes with how many passed. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

type Results = {
  numTotalTests: number;
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  numTodoTests: number;
};

const file = join(import.meta.dirname, '../.ci-results.json');
const results: Results = JSON.parse(readFileSync(file, 'utf8'));
const left = results.numTotalTests - results.numPassedTests - results.numFailedTests;
console.log(`${results.numPassedTests} passed, ${results.numFailedTests} failed`);
if (left > 0 || results.numPassedTests === 0 || results.numFailedTests > 0) {
  console.error(`${left} tests were skipped or not run, ${results.numFailedTests} failed.`);
  process.exit(1);
}
