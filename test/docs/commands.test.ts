import { spawnSync } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { faultsOf } from './commands/check.ts'
import { world } from './commands/kubectl.ts'
import { isNotRun, NOT_RUN } from './commands/not-run.ts'
import { allCommands, blocksOf, commandsOf, pages, readPage } from './commands/pages.ts'
import { type Scene, startScene } from './commands/scene.ts'
import { simpleCommands } from './commands/shell.ts'

const THERE = world()
const COMMANDS = allCommands()
const UNIQUE = [...new Map(COMMANDS.map((command) => [command.text, command])).values()]

function isThere(program: string): boolean {
  return spawnSync(program, ['--version']).error === undefined
}

describe('a command of the docs', () => {
  let scene: Scene | undefined
  beforeAll(async () => {
    scene = await startScene()
  })
  afterAll(() => scene?.close())

  it.each(UNIQUE)('$at: $text', async (command) => {
    // The set-up says that it is optional, and why.
    const canRun = !command.text.includes('grpcurl') || isThere('grpcurl')
    expect(await faultsOf(command, THERE, canRun ? scene : undefined)).toEqual([])
  })
})

describe('the docs', () => {
  it('say of every block what it is, so that no command is overlooked', () => {
    const unmarked = pages().flatMap((page) => blocksOf(page, readPage(page)).filter(({ mark }) => mark === ''))
    expect(unmarked.map(({ at }) => `${at}: write sh, text, yaml or ts behind the block's opening backticks`)).toEqual(
      [],
    )
  })

  it('have every command that is excused from being tried', () => {
    const all = COMMANDS.flatMap(({ text }) => simpleCommands(text))
    const used = new Set(all.map((words) => isNotRun(words)))
    expect(Object.keys(NOT_RUN).filter((begin) => !used.has(begin))).toEqual([])
  })
})

/** What stands against the only command of a page. */
async function against(text: string): Promise<readonly string[]> {
  const [command] = commandsOf('docs/new.md', `\`\`\`sh\n${text}\n\`\`\`\n`)
  return command === undefined ? ['no command was seen'] : faultsOf(command, THERE)
}

describe('a command that is wrong', () => {
  it.each([
    [
      'frobnicate --all',
      'nothing tries "frobnicate --all": give frobnicate a judge in test/docs/commands/check.ts, or a row with the reason in test/docs/commands/not-run.ts',
    ],
    ['make instal', "No rule to make target 'instal'"],
    ['make bench ONYL=bus', 'nothing reads ONYL'],
    ['kubectl -n nodedoctor get pods', 'nothing of ours is in the namespace nodedoctor'],
    ['kubectl -n node-doctor rollout status daemonset/nd', 'there is no DaemonSet nd of ours'],
    ['kubectl get nodes --selektor a=b', '"kubectl get" has no option --selektor'],
    ['kubectl -n node-doctor get pods -l app=node-doctor', 'no pod of ours has the labels app=node-doctor'],
    ['kubectl get pods --field-selector spec.node=$NODE', 'pods are not selected by spec.node'],
    ['kubectl -n node-doctor logs $POD -c exporter', 'no pod of ours has a container exporter'],
    ['kubectl exec $POD -- /opt/bin/doctor', 'the image has no /opt/bin/doctor'],
    ['kubectl exec $POD -- /opt/node-doctor/bin/entrypoint.sh cli say', 'services/cli/README.md has no command say'],
    ['kubectl apply -k deploy/kustomize/overlays/big', 'there is no deploy/kustomize/overlays/big/kustomization.yaml'],
    [
      "kubectl get node $NODE -o jsonpath='{.metadata.annotations.node-doctor\\.io/trouble}'",
      'nothing of ours writes the annotation node-doctor.io/trouble',
    ],
    [
      'kubectl auth can-i delete nodes --as system:serviceaccount:node-doctor:node-doctor',
      'no role of ours grants delete of nodes',
    ],
    ['helm install x deploy/helm/node-doctor --set imagge=x', "additional properties 'imagge' not allowed"],
    ['helm uninstall x --hooks=false', '"helm uninstall" has no option --hooks'],
    ['vitest run test/none.test.ts', 'there is no test/none.test.ts'],
    ['test/none.sh', 'there is no program test/none.sh'],
  ])('%s', async (text, reason) => {
    expect((await against(text)).join('\n')).toContain(reason)
  })

  it('is seen within a pipe, an assignment and a comment', async () => {
    expect(await against('X=$(kubectl -n elsewhere get pods | head -1); echo $X # kubectl nothing')).toEqual([
      'nothing of ours is in the namespace elsewhere',
      expect.stringContaining('nothing tries "echo $X"') as string,
    ])
  })
})
