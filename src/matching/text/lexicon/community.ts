import type { LexiconTopic } from './topic.ts';

/** What residents settle among themselves: mediation, deliberation, surroundings, mutual help. */
export const COMMUNITY: readonly LexiconTopic[] = [
  {
    topic: 'disputes',
    groups: ['调解;人民调解;矛盾;纠纷;矛盾纠纷;评理;调处;劝和;扯皮;mediation;dispute;conflict'],
    hints: '吵架;讲理;赔;赖账;不认账',
  },
  {
    topic: 'neighbour disputes',
    groups: [
      '邻里纠纷;邻居纠纷;邻里矛盾;邻居吵架;跟邻居;和邻居;邻居;隔壁吵;楼上楼下;隔壁;neighbour;neighbor;next door',
      '漏水纠纷;楼上漏水;漏到楼下;漏水到我家;泡坏;天花板漏;楼上渗水;滴到我家;水滴到',
      '噪音;吵闹;噪声;脚步声;拖凳子;跳来跳去;蹦跳;走路声音大;吵得睡不着;装修噪音;唱歌太吵;noise;noisy',
      '狗叫;养狗;遛狗;狗咬;狗咬人;宠物;宠物扰民;狗屎;不牵绳;鸡叫;养鸡;barking dog;pet',
      '占道;占过道;占楼道;占地方;公共过道;鞋柜;过道;采光;挡光纠纷;搭棚;违建;私搭;办酒;红白喜事;晒被子;晾衣服',
      '寨老;老娘舅;和事佬',
    ],
    hints: '楼上;楼下;对门;吵架;不听劝;骂;不讲理;吵',
  },
  {
    topic: 'family disputes',
    groups: [
      '夫妻吵架;两口子吵架;夫妻矛盾;夫妻;两口子;感情不和;闹离婚;离婚;冷静期;家庭矛盾;家庭纠纷;婚姻;marriage;couple;marital',
      '婆媳;婆媳矛盾;婆媳吵架;媳妇和婆婆;婆婆和媳妇;mother in law',
      '赡养;赡养费;不赡养;不养老人;不管老人;不孝;子女不管;儿子不管;不肯管;不养老;姊妹扯皮;轮流养',
      '家暴;家庭暴力;打老婆;被老公打;老公打;丈夫打;被丈夫打;打我;虐待;男人打;打媳妇;domestic violence;abuse',
      '分家;家产;兄弟分家;分家产;争房子',
      '出轨;小三;彩礼;退婚',
    ],
    hints: '老公;老婆;媳妇;婆婆;儿子;姊妹;兄弟;吵架;家里闹;吵',
  },
  {
    topic: 'residents meeting',
    groups: [
      '议事会;居民议事;院坝会;协商;议事;坐下来商量;开会商量;商量;居民会议;听证;residents meeting;deliberation',
      '加装电梯;装电梯;安电梯;增设电梯;elevator installation;lift installation',
      '公共收益;广告费;停车费收益;收支公示;账目公开;公开账目;公示',
      '提议;建议;意见;征求意见;表决;投票;反映问题;提意见;提案;suggestion;proposal;vote',
      '小区改造;老旧小区改造;建凉亭;凉亭;院子改造;休闲座椅;健身器材;修路;公共空间;空地',
    ],
    hints: '大家;小区;开会;一楼不同意;不同意;公开',
  },
  {
    topic: 'property management',
    groups: [
      '物业;物业公司;物管;换物业;物业服务;物业不作为;物业投诉;物业不管;property management;property company',
      '物业费;物管费;物业费太高;乱收费',
      '业委会;业主委员会;业主大会;业主;成立业委会;换届;owners committee',
      '维修基金;维修资金;大修基金;公维金;动用维修;maintenance fund',
      '电梯坏;电梯故障;电梯困人;电梯停;电梯不动;修电梯;电梯;elevator;lift',
      '小区门禁;小区大门;保安不管;门卫',
    ],
    hints: '小区;公共设施;保安;收费',
  },
  {
    topic: 'cleanliness',
    groups: [
      '垃圾;垃圾清运;倒垃圾;垃圾桶;垃圾堆;没人清;垃圾站;垃圾车;建筑垃圾;装修垃圾;垃圾满;rubbish;garbage;trash;litter;waste',
      '臭味;臭;恶臭;味道大;异味;臭气;臭水沟;臭水;明沟;污水;水沟;污水横流;smell;smelly',
      '小广告;牛皮癣;乱张贴;贴广告;办证广告;graffiti;flyers',
      '清扫;扫街;打扫街道;保洁员;环境卫生;卫生死角;脏乱差;脏;环境整治;street cleaning;dirty street',
      '消杀;灭蚊;蚊子;苍蝇;老鼠;灭鼠;蟑螂;消毒;除四害;打药;鼠药;白蚁;臭虫;跳蚤;pest control;mosquito;cockroach;rats;mice',
      '垃圾分类;分类投放;厨余;recycling',
      '流浪狗;流浪猫;野狗;疯狗;stray dog;stray cat',
    ],
    hints: '卫生;没人扫;乱丢;乱扔;清理',
  },
  {
    topic: 'greenery',
    groups: [
      '树枝;修树;修剪;剪树;砍树;大树;枯枝;树木;锯树;枝桠;枝条;枝子;树倒;挡光;树挡;行道树;树杈;tree;branches;tree trimming',
      '草坪;割草;除草;草长;杂草;草地;补种;lawn;grass;weeds',
      '花坛;花池;种花;浇花;花草;绿化;绿化带;绿地;养护;flower bed;greenery;green space',
      '毁绿种菜;种菜;占绿;毁绿;绿地种菜;种白菜;菜地',
    ],
    hints: '树;草;花;虫害',
  },
  {
    topic: 'parking and charging',
    groups: [
      '停车;停车位;车位;找不到车位;没车位;停车难;划线;车库;抢车位;停车场;parking;parking space;car park',
      '乱停车;违停;堵车库;堵门;挡车;挪车;堵住;堵路;停到门口;illegal parking;blocked garage',
      '充电桩;充电棚;电动车棚;电瓶车充电;电动车充电;车棚;充电的地方;没地方充电;充电口;充电站;charging station;ev charging;charger',
      '僵尸车;废弃车;报废车;破车;长期不动的车;车停了一年;abandoned car',
    ],
    hints: '车;电动车;电瓶车;占位;充电;car',
  },
  {
    topic: 'visits',
    groups: [
      '探访;探望;看望;走访;探视;上门看看;来看看;多看看;常来看看;去看看;去看一眼;看一看;关爱;visit;check on;home visit',
      '独居;独居老人;空巢;空巢老人;一个人在家;一个人住;老人一个人;孤寡;孤老;living alone;lives alone;elderly alone',
      '陪聊;聊天;说说话;说话;陪说话;摆龙门阵;解闷;读报;孤单;寂寞;孤独;陪伴;说话的人;companionship;lonely;chat;company',
      '敲门;敲门行动;报平安;平安铃;一键呼叫;紧急呼叫;没出门;没动静;几天没见;calls',
      '节日慰问;过节看望;慰问老人;重阳;慰问',
      '时间银行;互助;邻里互助;志愿者;志愿服务;义工;互帮互助;换工;volunteer;volunteers',
    ],
    hints: '老人;没人管;身边没人;子女不在;儿女不在;孤;隔三差五',
  },
  {
    topic: 'culture and sport',
    groups: [
      '广场舞;跳舞;舞蹈队;学跳舞;舞蹈;舞队;dance;dancing',
      '芦笙;吹芦笙;芦笙队;lusheng',
      '唱歌;合唱;合唱团;苗歌;侗歌;侗族大歌;山歌;对歌;歌队;苗歌侗歌;声乐;choir;singing',
      '棋牌;下棋;象棋;打牌;麻将;字牌;棋牌室;chess;cards;mahjong',
      '书法;毛笔字;写毛笔;练字;国画;画画班;书画;calligraphy;painting',
      '太极;太极拳;八段锦;晨练;健身;打拳;气功;瑜伽;tai chi;exercise;fitness',
      '文体活动;文艺;文娱;演出;联欢;晚会;看电影;露天电影;歌舞;乐器;二胡;唢呐;culture;activities;performance',
      '苗年;长桌宴;芦笙节;姊妹节;吃新节;过苗年;端午;龙舟;festival',
      '图书室;看书;借书;阅览室;农家书屋;读书;library;reading',
      '打球;篮球;乒乓球;羽毛球;村BA;运动;sports;basketball;table tennis',
      '老年大学;兴趣班老年',
    ],
    hints: '退休;队伍;组织活动;活动;玩耍;热闹;参加',
  },
];
