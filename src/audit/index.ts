export { type AuditedAction, type AuditFault, appendAudit, appendAudits, verifyAudit } from './audit.store.ts';
