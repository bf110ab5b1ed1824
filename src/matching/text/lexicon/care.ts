import type { LexiconTopic } from './topic.ts';

/** Care for the elderly and for children. */
export const CARE: readonly LexiconTopic[] = [
  {
    topic: 'elderly care',
    groups: ['养老;养老服务;敬老院;养老院;福利院;老年服务;elderly care;care for the elderly;nursing home'],
    hints: '老人;老年人;长者;爷爷;奶奶;外公;外婆;elderly;senior;seniors;old people;older people',
  },
  {
    topic: 'meals',
    groups: [
      '送餐;送饭;送饭菜;订餐;送盒饭;订饭;订午饭;上门送餐;送热饭;配餐;送点饭;送晚饭;送午饭;送中饭;meal delivery;food delivery;meals on wheels;lunch delivery',
      '助餐;老年餐;老年助餐;长者餐;爱心餐;助餐点;营养餐;meals;meal;lunch;dinner;hot meals;meals for the elderly',
      '饭桌;颐养饭桌;食堂;老年食堂;长者食堂;幸福食堂;老人食堂;社区食堂;饭堂;搭伙;canteen;dining hall',
      '盒饭;便当;快餐;热饭;饭菜;午餐;午饭;晚餐;晚饭;中饭;早餐;早饭;早点;稀饭;粥',
      '做饭不方便;煮饭不方便;不会做饭;做不了饭;煮不了饭;懒得做饭;没人做饭;没人煮饭;做饭困难;吃不上饭;没饭吃;吃饭没着落;吃饭问题;cannot cook',
      '吃饭;吃午饭;吃晚饭;吃口热饭;吃口热的;吃中饭;老人吃饭;去哪吃饭',
      '低糖餐;病号饭;糖尿病餐;糖尿病的饭;软烂;软和;牙口不好;低盐;流食;special diet',
      '生日饭;集体生日;聚餐',
    ],
    hints: '饭;餐;吃;煮饭;做饭;胃口;food;cook',
  },
  {
    topic: 'hospital escort',
    groups: [
      '陪诊;陪同看病;看病陪同;陪看病;陪护看病;陪同就医;陪诊就医;陪去医院;陪同去医院;陪医;陪我去看病;陪去看病;陪老人看病;带去医院;带他去看病;带老人看病;就医陪同;陪着看病;陪做检查;陪去检查;助医;escort to hospital;accompany to hospital;hospital escort;take to hospital;hospital visit;medical escort;doctor appointment;take to doctor',
      '挂号;排队挂号;代挂号;预约挂号;挂专家号;register at hospital',
      '取药;代取药;拿药;取报告;取检查报告;拿报告;开药;代开药;慢病取药;pick up medicine;collect prescription',
      '复查;复诊;去检查;做检查;胃镜;做CT;照片子;拍片;做手术;check up at hospital;follow up visit',
      '去医院;上医院;进医院;到医院;去看病;看病;看医生;州医院;看眼睛;看牙;白内障;专科;hospital;doctor;clinic;see a doctor',
      '透析;血透;化疗;放疗;dialysis;chemotherapy',
      '接送医院;接送看病;往返医院;医院接送',
      '住院陪护;陪护;陪床;住院照看;住院没人照顾;住院手续;医院陪护',
    ],
    hints: '医院;陪;没人陪;没人陪我;请不到假;看病;陪同;领着;没人接送;身边没人;escort;accompany',
  },
  {
    topic: 'bathing',
    groups: [
      '助浴;助浴服务;上门助浴;上门洗澡;老人洗澡;帮助洗澡;助洁;帮洗澡;bathing;bath help;help with bathing;shower;bath',
      '洗澡;洗个澡;洗浴;沐浴;洗热水澡;没洗澡;洗不了澡;不敢洗澡;泡澡;冲凉;洗身子;wash',
      '擦身;擦澡;擦浴;床上擦浴;擦身子;擦身体;擦洗身体;揩身;bed bath',
      '助浴点;浴室;澡堂;浴缸',
      '洗脚;修脚;剪指甲;洗头;foot care',
    ],
    hints: '洗;身上臭;抱不动;怕滑倒;滑倒;脏',
  },
  {
    topic: 'home care',
    groups: [
      '居家照护;居家护理;居家养老;上门照护;照护;长护险;长期护理;生活照料;home care;carer;caregiver;care at home;personal care',
      '护工;护理员;看护;照看;照看老人;照顾老人;照顾起居;老人起居;起居;照料;服侍;伺候;招呼老人;看守;守着;照顾老母亲;照顾妈妈;照顾爸爸;照顾病人;care for my mother;look after my mother;look after elderly',
      '失能;失能照护;半失能;瘫痪;瘫痪在床;瘫;卧床;起不来床;下不了床;动不了;生活不能自理;不能自理;bedridden;paralysed',
      '翻身;喂饭;换尿布;换尿不湿;换尿垫;尿不湿;端屎端尿;擦洗翻身;大小便;diaper for elderly',
      '保姆;住家保姆;阿姨照顾;住家阿姨;请保姆;全天保姆;请阿姨;请个阿姨;maid;live in carer;housekeeper',
      '老年痴呆;痴呆;阿尔茨海默;认知症;失智;糊涂;认不得人;记不得;dementia;alzheimer',
      '喘息服务;替班;照顾累;想休息;替换照顾;respite;respite care',
      '适老化;扶手;防滑;适老化改造;防滑垫;安装扶手;grab rails;handrail',
      '护理床;租轮椅;租护理床;轮椅租赁;租个轮椅;借轮椅;rent a wheelchair',
    ],
    hints: '照顾;老人;老母亲;老父亲;摔;没人照顾;全天;care;mother;father;grandmother',
  },
  {
    topic: 'day care',
    groups: [
      '日间照料;日间照料中心;日托;日照中心;白天照看;白天照料;day care;daycare;day centre;adult day care',
      '托老;托老所;托老人;托老中心;老人托管;短托;全托;短期托养;托养;放老人',
      '白天没人看;白天没人照顾;白天有人看;白天有人管;白天上班老人;早送晚接;晚上接回;白天把;送去有人管',
      '活动室;休息室;歇脚;午休室;老年活动中心;老人活动室',
    ],
    hints: '白天;出差;中心;上班;托',
  },
  {
    topic: 'children',
    groups: ['未成年人;少年儿童;青少年;儿童;未成年;minors;children'],
    hints: '孩子;小孩;娃娃;娃;崽;学生;kid;kids;child;children;son;daughter;儿子;女儿;孙子;孙女',
  },
  {
    topic: 'after school',
    groups: [
      '课后托管;托管;托管班;午托;晚托;四点半课堂;四点半;课后服务;放学托管;after school;after school care;afterschool',
      '接孩子;接小孩;接娃;接送孩子;接送学生;放学没人接;接放学;放学接;孩子放学;接娃娃;school pick up;pick up kids',
      '放学;下午放学;school run',
      '作业辅导;辅导作业;写作业;作业;做作业;辅导功课;功课;作业不会;homework;homework club;homework help',
      '家教;补课;补习;辅导;数学;英语辅导;成绩差;跟不上;大学生辅导;学习辅导;tutor;tutoring',
      '暑假托管;寒假托管;寒暑假托管;暑假没人看;寒假没人看;假期没人看;暑期班;暑假;寒假;假期托管;夏令营;summer camp;holiday club',
      '兴趣班;少儿舞蹈;儿童画画;特长班;kids class',
    ],
    hints: '学校;上学;小学;小学生;没人看;没人管;没人接;幼儿园;school;pupil;primary',
  },
  {
    topic: 'child protection',
    groups: [
      '留守儿童;留守;留守娃娃;爸妈在外打工;父母在外;爹妈不在;父母打工;爸妈打工;left behind children',
      '困境儿童;孤儿;事实孤儿;无人抚养;没爹没妈;可怜娃娃;没人要的孩子;orphan',
      '校园欺凌;霸凌;欺凌;同学欺负;被欺负;被同学;在学校被打;同学打;要保护费;bully;bullying;bullied',
      '厌学;不上学;不去上学;逃学;辍学;不去读书;不读书;不想读书;不想上学;网瘾;打游戏;沉迷手机;沉迷游戏;玩手机;叛逆;truancy;drop out;gaming addiction',
      '虐待儿童;虐待孩子;后妈;后爹;打孩子;打娃娃;child abuse',
      '未成年人保护;未成年人救助;儿童关爱;爱心妈妈;儿童主任;child protection;关爱保护',
      '孤独症家长;自闭症家长;自闭症家庭',
    ],
    hints: '同学;欺负;跟着奶奶;跟着爷爷;造孽;游戏;初中;初二',
  },
  {
    topic: 'infants',
    groups: [
      '托育;托育园;托班;托儿所;婴幼儿;婴幼儿照护;宝宝托管;早教;幼托;nursery;creche;infant care;childcare;toddler',
      '月嫂;坐月子;月子;产后护理;产妇;生娃;要生了;快生了;下个月生;预产期;confinement;postnatal',
      '育儿嫂;带娃;带孩子;带小孩;看孩子;看娃;看小孩;带宝宝;带毛毛;带婴儿;看宝宝;阿姨带;在家带;babysitter;nanny;babysitting',
      '母乳;喂奶;奶水;催乳;通乳;辅食;奶粉;喂养;breastfeeding;formula',
      '新生儿;婴儿;宝宝;毛毛;奶娃;小婴儿;刚出生;两岁;一岁;三岁;baby;infant;newborn;1 year old;2 year old',
      '婴儿洗澡;抚触;宝宝洗澡;宝宝护理',
    ],
    hints: '生;孕妇;怀孕;宝妈;个月大;月龄;pregnant',
  },
];
