import type { BilingualText } from '../records.ts';

/** Words for common eligibility attributes. The vocabulary is open: a name that is not here is shown as it is. */
const ATTRIBUTE_WORDS: ReadonlyMap<string, BilingualText> = new Map([
  ['ELDERLY', { zh: '老年人', en: 'elderly' }],
  ['LIVING_ALONE', { zh: '独居', en: 'living alone' }],
  ['ELDERLY_ALONE', { zh: '独居老人', en: 'elderly and living alone' }],
  ['EMPTY_NEST', { zh: '空巢', en: 'parents whose children have left' }],
  ['DISABLED', { zh: '残疾人', en: 'disabled' }],
  ['BEDRIDDEN', { zh: '卧床', en: 'bedridden' }],
  ['LOW_INCOME', { zh: '低保或低收入', en: 'on a low income' }],
  ['EXTREME_POVERTY', { zh: '特困人员', en: 'in extreme poverty' }],
  ['MINOR', { zh: '未成年人', en: 'minors' }],
  ['LEFT_BEHIND_CHILD', { zh: '留守儿童', en: 'children left behind' }],
  ['CHILD_IN_DIFFICULTY', { zh: '困境儿童', en: 'children in difficulty' }],
  ['VETERAN', { zh: '退役军人', en: 'veterans' }],
  ['PREGNANT', { zh: '孕产妇', en: 'pregnant' }],
  ['CHRONIC_ILLNESS', { zh: '慢性病患者', en: 'chronically ill' }],
  ['UNEMPLOYED', { zh: '失业人员', en: 'unemployed' }],
  ['MIGRANT_WORKER', { zh: '务工人员', en: 'migrant workers' }],
  ['MARTYR_FAMILY', { zh: '烈属', en: "martyrs' families" }],
  ['BEREAVED_FAMILY', { zh: '计生特殊家庭', en: 'families that have lost their only child' }],
]);

/** The names of attributes in words, as lists. */
export function attributeWords(names: readonly string[]): BilingualText {
  return {
    zh: names.map((name) => ATTRIBUTE_WORDS.get(name)?.zh ?? name).join('、'),
    en: names.map((name) => ATTRIBUTE_WORDS.get(name)?.en ?? name).join(', '),
  };
}
