import { wholeNumberCell, wordListCell } from '../imports/cells.ts';
import { type ImportColumn, optionalColumn } from '../imports/definition.ts';

/** Columns that say for whom something is (适用对象), in the lists of services and of funding programmes. */
export const ELIGIBILITY_COLUMNS: readonly ImportColumn[] = [
  optionalColumn('all_of', ['须具备', '全部满足'], '须全部具备的属性', 'attributes a resident must all have'),
  optionalColumn('any_of', ['具备其一', '任一满足'], '须具备其一的属性', 'attributes of which one is needed'),
  optionalColumn('none_of', ['不得具备', '排除'], '不得具备的属性', 'attributes a resident must not have'),
  optionalColumn('minimum_age', ['最低年龄', '最小年龄'], '最低年龄', 'least age'),
  optionalColumn('maximum_age', ['最高年龄', '最大年龄'], '最高年龄', 'highest age'),
];

/** How the cells of these columns are read. */
export const ELIGIBILITY_CELLS = {
  all_of: wordListCell,
  any_of: wordListCell,
  none_of: wordListCell,
  minimum_age: wholeNumberCell,
  maximum_age: wholeNumberCell,
};

type EligibilityCells = {
  readonly all_of: string[];
  readonly any_of: string[];
  readonly none_of: string[];
  readonly minimum_age: number | null;
  readonly maximum_age: number | null;
};

/** The cells by the names of their fields. */
export function eligibilityFrom(cells: EligibilityCells) {
  return {
    allOf: cells.all_of,
    anyOf: cells.any_of,
    noneOf: cells.none_of,
    minimumAge: cells.minimum_age,
    maximumAge: cells.maximum_age,
  };
}
