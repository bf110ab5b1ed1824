import type { LexiconTopic } from './topic.ts';

/** Health services. */
export const HEALTH: readonly LexiconTopic[] = [
  {
    topic: 'health',
    groups: ['健康服务;卫生服务站;卫生院;健康讲座;健康教育;health;health service'],
    hints: '身体;健康;不舒服;医生;生病;血压',
  },
  {
    topic: 'check-ups',
    groups: [
      '量血压;测血压;血压;高血压;量个血压;blood pressure',
      '测血糖;血糖;查血糖;糖尿病检查;血脂;blood sugar;diabetes check',
      '体检;健康体检;老年体检;查身体;全身检查;抽血;B超;心电图;检查身体;妇科检查;两癌;乳腺;宫颈;筛查;检查肝功能;health check;check-up;check up;physical exam;screening',
      '义诊;免费看病;专家义诊;坐诊;free clinic',
      '家庭医生;签约医生;家医签约;健康档案;随访;慢病随访;family doctor;gp',
      '打疫苗;疫苗;接种;预防针;打预防针;流感疫苗;狂犬疫苗;HPV;防疫针;vaccine;vaccination;flu shot',
    ],
    hints: '头昏;头晕;检查;免费检查;血;六十五岁;胸闷',
  },
  {
    topic: 'nursing',
    groups: [
      '上门护理;护士上门;护士;居家护士;护士来家;nurse;nursing at home;home nurse;nursing',
      '换药;伤口换药;术后换药;换纱布;伤口;拆线;刀口;开刀;包扎;清创;wound dressing;wound;dressing',
      '打针;输液;打吊针;吊水;注射;胰岛素;打胰岛素;挂水;肌肉注射;injection;insulin;drip',
      '导尿管;尿管;换尿管;导尿;胃管;鼻饲;鼻饲管;造瘘;造口;PICC;气切;插管;catheter;feeding tube',
      '褥疮;压疮;长疮;屁股烂;皮肤破;烂了一块;bedsore;pressure sore;pressure ulcer',
      '吸痰;雾化;灌肠;吸氧;采血上门;上门抽血',
    ],
    hints: '手术;出院;走不动;护理;老人行动不便',
  },
  {
    topic: 'rehabilitation',
    groups: [
      '康复;康复训练;康复治疗;康复师;复健;功能锻炼;rehab;rehabilitation;physiotherapy;physical therapy',
      '中风;脑梗;偏瘫;半身不遂;脑出血;脑溢血;半边身子;练走路;走路训练;肢体训练;stroke',
      '理疗;推拿;按摩;针灸;扎针灸;拔罐;艾灸;扎针;刮痧;中医;颈椎;颈椎病;腰痛;腰疼;腰杆痛;腰椎;肩周炎;脖子痛;肩膀痛;关节痛;风湿;膝盖痛;盲人按摩;massage;acupuncture;back pain;neck pain',
      '骨折;骨折康复;术后康复;拆石膏;石膏;膝盖弯不了;关节僵硬;髋关节;fracture;broken leg',
      '言语治疗;言语康复;说话晚;不会说话;语言发育;自闭症;自闭症训练;孤独症;感统;发育迟缓;脑瘫;speech therapy;autism',
    ],
    hints: '走路;腿脚;手脚;动不得;疼;痛;锻炼;训练',
  },
  {
    topic: 'mental health',
    groups: [
      '心理;心理咨询;心理疏导;心理辅导;心理医生;心理健康;心理问题;心理热线;看心理;counselling;counseling;psychologist;therapist;mental health',
      '抑郁;抑郁症;忧郁;depression;depressed;low mood',
      '焦虑;紧张;心慌;压力大;学习压力;压力;烦躁;恐慌;anxiety;anxious;stress;panic',
      '失眠;睡不着;睡不好;睡不着觉;整夜睡不着;insomnia;cannot sleep;sleep',
      '想不开;不想活;自杀;轻生;活着没意思;活够了;自残;suicide;suicidal;self harm',
      '情绪低落;心情不好;心情差;难过;天天哭;老是哭;想哭;心里堵;心里难受;心里憋;郁闷;情绪;sad;crying',
      '哀伤;老伴走了;老伴去世;丧亲;走不出来;亲人去世;bereavement;grief',
      '产后抑郁;产后情绪',
    ],
    hints: '心里;哭;绝望;堵得慌;倾诉;高三;想找人聊',
  },
];
