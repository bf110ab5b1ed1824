import type { ProviderSketch } from '../sketches.ts';

/** City offices; the street centres, police posts and health centres are made from the list of streets. */
export const CITY_OFFICES: readonly ProviderSketch[] = [
  {
    name: '凯里市法律援助中心',
    nameEn: 'Kaili Legal Aid Centre',
    kind: 'GOVERNMENT',
    community: '市府社区',
    address: '营盘东路28号司法局一楼',
    description: '市司法局所属，受理法律援助申请，值守12348热线。',
    offers: ['legal-aid', 'legal-hotline'],
  },
  {
    name: '凯里市民政局社会救助窗口',
    nameEn: 'Kaili Civil Affairs Bureau',
    kind: 'GOVERNMENT',
    community: '市府社区',
    address: '市府路15号',
    description: '低保、特困、临时救助的审核与急难救助。',
    offers: ['urgent-relief'],
  },
  {
    name: '凯里市未成年人救助保护中心',
    nameEn: 'Kaili Centre for the Rescue and Protection of Minors',
    kind: 'GOVERNMENT',
    community: '和谐社区',
    address: '环城东路106号',
    description: '困境儿童临时监护、个案转介，24小时值守。',
    offers: ['minor-rescue', ['case-work', { reach: 'AREA', places: [8, 8] }]],
  },
  {
    name: '凯里市残疾人联合会',
    nameEn: 'Kaili Disabled Persons’ Federation',
    kind: 'GOVERNMENT',
    community: '州府社区',
    address: '宁波路40号',
    description: '残疾人辅具适配、康复救助、就业扶助。',
    offers: ['assistive-devices'],
  },
  {
    name: '凯里市退役军人服务中心',
    nameEn: 'Kaili Veterans Service Centre',
    kind: 'GOVERNMENT',
    community: '光明社区',
    address: '光明路60号',
    description: '退役军人权益维护和困难帮扶。',
    offers: ['veterans-aid'],
  },
  {
    name: '凯里市就业服务中心',
    nameEn: 'Kaili Employment Centre',
    kind: 'GOVERNMENT',
    community: '北京西路社区',
    address: '北京西路98号人力资源市场',
    description: '招聘会、创业担保贷款、技能培训补贴。',
    offers: [
      'startup-loan',
      ['employment', { name: '人力资源市场招聘与求职登记', nameEn: 'Job fair', reach: 'AREA', places: [20, 20] }],
    ],
  },
  {
    name: '凯里市消防救援大队',
    nameEn: 'Kaili Fire and Rescue Brigade',
    kind: 'GOVERNMENT',
    community: '金山社区',
    address: '环城南路77号',
    description: '消防监督检查与隐患整改指导。',
    offers: ['fire-check'],
  },
  {
    name: '凯里市公安局反诈中心',
    nameEn: 'Kaili Police Anti-Fraud Centre',
    kind: 'GOVERNMENT',
    community: '大阁山社区',
    address: '韶山北路12号',
    description: '电信网络诈骗预警劝阻。',
    offers: ['fraud-hotline'],
  },
  {
    name: '凯里市综合行政执法局环卫站',
    nameEn: 'Kaili Sanitation Station',
    kind: 'GOVERNMENT',
    community: '龙井社区',
    address: '金井路45号',
    description: '市容环卫与园林养护。',
    offers: ['city-cleaning', ['street-trees', { reach: 'AREA' }]],
  },
  {
    name: '凯里市妇女联合会',
    nameEn: 'Kaili Women’s Federation',
    kind: 'GOVERNMENT',
    community: '市府社区',
    address: '市府路9号4楼',
    description: '妇女儿童维权、家事调解。',
    offers: ['women-family', ['embroidery', { name: '“锦绣计划”苗绣巧手班', places: [16, 16] }]],
  },
  {
    name: '凯里市医疗保障事务中心',
    nameEn: 'Kaili Medical Insurance Centre',
    kind: 'GOVERNMENT',
    community: '西门社区',
    address: '宁波路7号',
    description: '医保经办，下沉社区帮办。',
    offers: [
      'medical-insurance-home',
      ['social-security', { name: '医保经办大厅', nameEn: 'Medical insurance hall', reach: 'AREA', places: [25, 25] }],
    ],
  },
];

/** What each street's three public bodies offer; a street without its own health centre shares its neighbour's. */
export const STREET_BODIES = {
  centre: {
    offers: ['social-security', 'relief', 'disability', 'employment', 'party', 'veterans'],
    description: '街道面向居民的综合办事窗口，社保、救助、残疾、就业、党群一窗受理。',
    community: {
      大十字街道: '永乐社区',
      西门街道: '西门社区',
      洗马河街道: '文化社区',
      城西街道: '北京西路社区',
      湾溪街道: '龙井社区',
      鸭塘街道: '凯化社区',
      开怀街道: '上马石社区',
    },
  },
  police: {
    offers: ['patrol', 'fraud', 'household'],
    description: '社区民警、辅警和警务助理，管治安巡防、反诈宣传和户籍。',
    community: {
      大十字街道: '市府社区',
      西门街道: '光明社区',
      洗马河街道: '东门社区',
      城西街道: '未来城社区',
      湾溪街道: '龙井社区',
      鸭塘街道: '凯化社区',
      开怀街道: '上马石社区',
    },
  },
  health: {
    offers: ['health-check', 'family-doctor', 'home-nursing'],
    description: '基本医疗和公共卫生服务，家庭医生团队签约到户。',
    community: {
      大十字街道: '苹果山社区',
      西门街道: '州府社区',
      洗马河街道: '振华社区',
      城西街道: '未来城社区',
      湾溪街道: '龙井社区',
      开怀街道: '上马石社区',
    },
  },
} as const;

/** What a street's body leaves out; 鸭塘 has no station for veterans and its centre no counter for disabled people. */
export const NOT_OFFERED: Readonly<Record<string, readonly string[]>> = {
  鸭塘街道: ['veterans', 'disability', 'party'],
  开怀街道: ['veterans', 'party'],
  湾溪街道: ['disability', 'home-nursing'],
};

/** Streets whose health centre has a Chinese-medicine room. */
export const REHAB_STREETS: readonly string[] = ['西门街道', '洗马河街道', '大十字街道'];
