import { type AuditFault, verifyAudit } from '../audit/index.ts';
import type { Config } from '../config.ts';
import { findArea, withDatabase } from './open.ts';

/**
 * Walks every chain of an area's audit log, and prints each fault.
 *
 * @returns exit status: 0 when every chain is whole, 1 when one is not
 */
export async function verify(
  config: Config,
  { area: code }: { readonly area?: string },
  print: (line: string) => void,
): Promise<number> {
  return withDatabase(config, async (database) => {
    const area = await findArea(database, code);
    const { entries, faults } = await verifyAudit(database, area.id, ({ shard, seq, rule }) =>
      print(
        config.language === 'zh'
          ? `第${shard}链第${seq}条：${RULES[rule].zh}`
          : `chain ${shard}, entry ${seq}: ${RULES[rule].en}`,
      ),
    );
    print(`${area.name} (${area.code}): ${entries} audit entries, ${faults} faults`);
    return faults > 0 ? 1 : 0;
  });
}

const RULES: Readonly<Record<AuditFault['rule'], { readonly zh: string; readonly en: string }>> = {
  NUMBER: { zh: '缺失、重复或错位', en: 'is missing, doubled or out of place' },
  LINK: { zh: '与前一条的哈希不相接', en: 'does not name the hash before it' },
  CONTENT: { zh: '内容被改动', en: 'was changed' },
  END: { zh: '链尾与所记不符', en: 'the chain does not end as recorded' },
};
