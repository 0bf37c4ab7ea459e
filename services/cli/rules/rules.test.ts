import { describe, expect, it } from 'vitest'
import { PACKS } from '#log-rules'
import { runCommand } from '../testing.ts'

describe('rules list', () => {
  it('prints a line for each rule, under its pack', async () => {
    const { code, out } = await runCommand('rules', 'list')
    const lines = out.split('\n')
    expect(code).toBe(0)
    expect(lines[0]).toMatch(/^RULE +SEVERITY +REASON +CONDITION +ALSO CALLED$/)
    expect(lines).toContain('storage')
    const oom = lines.find((line) => line.trim().startsWith('oom-kill '))
    expect(oom?.trim().split(/ {2,}/)).toEqual(['oom-kill', 'error', 'NodeOOMKill', '-', 'oom-killer'])
    expect(lines).toHaveLength(1 + PACKS.flatMap(({ rules }) => [1, ...rules]).length + 1)
  })

  it('has each rule whole as JSON', async () => {
    const { code, out } = await runCommand('rules', 'list', '-o', 'json')
    const { rules } = JSON.parse(out) as { rules: { name: string }[] }
    expect(code).toBe(0)
    expect(rules).toHaveLength(PACKS.flatMap((pack) => pack.rules).length)
    const rule = PACKS.flatMap((pack) => pack.rules).find(({ name }) => name === 'ext4-error')
    expect(rules.find(({ name }) => name === 'ext4-error')).toEqual({ pack: 'storage', ...rule })
    expect(rule).toMatchObject({ condition: 'FilesystemDamaged', recover: { absentFor: '25h', reboot: true } })
  })

  it('names the word that was meant', async () => {
    expect(await runCommand('rules', 'lst')).toEqual({
      code: 2,
      out: '',
      err: 'node-doctor: rules: unknown word "lst"; did you mean list?\nnode-doctor --help lists what there is.\n',
    })
    expect((await runCommand('rules')).err).toContain('rules: expected list')
  })
})
