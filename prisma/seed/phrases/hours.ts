/** Weekly hours that many services share. */
export const OFFICE_HOURS = ['Mo-Fr 09:00-12:00,13:30-17:00'];
export const OFFICE_AND_SATURDAY = ['Mo-Fr 08:30-12:00,14:00-17:30; Sa 09:00-12:00'];
export const DAYTIME = ['Mo-Su 08:00-18:00', 'Mo-Su 08:30-18:30', 'Mo-Su 09:00-19:00'];
/** By arrangement, at any hour. */
export const ROUND_THE_CLOCK = [''];

/** New Year's Day and Spring Festival of 2027. */
export const PUBLIC_HOLIDAYS = '2027-01-01 closed; 2027-02-06 closed; 2027-02-07 closed; 2027-02-08 closed';
/** The Miao New Year (苗年), when many shops and village elders keep the feast, and Spring Festival. */
export const MIAO_NEW_YEAR = '2026-12-06 closed; 2027-02-06 closed; 2027-02-07 closed';
