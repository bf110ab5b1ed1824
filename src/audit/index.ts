export { type AuditedAction, type AuditFault, appendAudit, verifyAudit } from './audit.store.ts';
