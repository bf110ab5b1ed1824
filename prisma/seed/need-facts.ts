import type { Random } from './random.ts';
import type { ExampleResident } from './residents.ts';
import type { Attribute } from './sketches.ts';

/** What a text may say about the resident, by the names used in the phrases. */
export type NeedFacts = Readonly<
  Record<'称呼' | '年龄' | '境况' | '境况说明' | '小区' | '楼栋' | '家人' | '娃', string>
>;

const CONDITIONS: readonly (readonly [Attribute, string])[] = [
  ['BEDRIDDEN', '失能卧床'],
  ['EXTREME_POVERTY', '特困'],
  ['LIVING_ALONE', '独居'],
  ['BEREAVED_FAMILY', '失独'],
  ['EMPTY_NEST', '空巢'],
  ['LOW_INCOME', '低保'],
  ['DISABLED', '残疾'],
  ['LEFT_BEHIND_CHILD', '留守'],
  ['CHILD_IN_DIFFICULTY', '困境'],
  ['PREGNANT', '孕期'],
  ['VETERAN', '退役军人'],
  ['CHRONIC_ILLNESS', '慢性病'],
  ['UNEMPLOYED', '失业'],
];

/** The facts of a resident, each chosen once so that a title and its description agree. */
export function factsOf(resident: ExampleResident, random: Random): NeedFacts {
  const conditions = CONDITIONS.filter(([attribute]) => resident.attributes.includes(attribute)).map(
    ([, word]) => word,
  );
  return {
    称呼: addressOf(resident, random),
    年龄: String(resident.age),
    境况: conditions.length === 0 ? '' : `，${conditions.slice(0, 3).join('、')}`,
    境况说明: conditionClause(resident),
    小区: resident.estate,
    楼栋: resident.door.slice(0, resident.door.indexOf('栋') + 1),
    家人: relativeOf(resident, random),
    娃: childOf(resident, random),
  };
}

function addressOf({ surname, name, gender, age }: ExampleResident, random: Random): string {
  if (age < 18) return random.chance(50) ? name : `${surname}姓${gender === 'FEMALE' ? '女孩' : '男孩'}`;
  const title =
    age >= 72
      ? { FEMALE: ['奶奶', '婆婆', '姓老人'], MALE: ['大爷', '公', '姓老人'] }
      : age >= 55
        ? { FEMALE: ['孃孃', '阿姨', '大姐'], MALE: ['叔', '师傅', '大伯'] }
        : { FEMALE: ['女士', '大姐', '女士'], MALE: ['先生', '师傅', '先生'] };
  return random.chance(18) ? name : surname + random.pick(title[gender]);
}

function conditionClause({ attributes, age }: ExampleResident): string {
  if (attributes.includes('BEDRIDDEN')) return '失能卧床，';
  if (attributes.includes('DISABLED')) return '系残疾人，';
  if (attributes.includes('CHRONIC_ILLNESS')) return '患慢性病，';
  return age >= 75 ? '年事已高，' : '身体不适，';
}

function relativeOf(resident: ExampleResident, random: Random): string {
  const { gender, age } = resident;
  if (age < 18) return childOf(resident, random);
  if (age >= 78)
    return random.pick(
      gender === 'FEMALE'
        ? ['我妈', '我奶奶', '我外婆', '我婆婆', '老母亲']
        : ['我爸', '我爷爷', '我外公', '老父亲', '我公公'],
    );
  if (age >= 55)
    return random.pick(
      gender === 'FEMALE' ? ['我妈', '我母亲', '我婆婆', '我大姨'] : ['我爸', '我父亲', '我岳父', '我大伯'],
    );
  return random.pick(gender === 'FEMALE' ? ['我爱人', '我姐', '我妹', '我表姐'] : ['我爱人', '我哥', '我弟', '我表哥']);
}

function childOf({ gender, attributes }: ExampleResident, random: Random): string {
  const raisedByGrandparents = attributes.includes('LEFT_BEHIND_CHILD');
  if (gender === 'FEMALE')
    return random.pick(raisedByGrandparents ? ['孙女', '外孙女', '我家孙崽'] : ['女儿', '我家姑娘', '我家娃儿']);
  return random.pick(raisedByGrandparents ? ['孙子', '外孙', '我家孙崽'] : ['儿子', '我家崽崽', '我家娃儿']);
}
