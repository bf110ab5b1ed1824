/** What others may call of the notices. */
export { noticesInReach } from './access.ts';
export { type NewNotice, writeNotices } from './notice.store.ts';
export { type AddedNotice, publishNotices, publishNoticesAtCommit } from './notice-added.ts';
