/** A node with eight GPUs whose kernel's log dmesg alone tells, and the GPU monitor in its container's memory. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { appendFile, chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { NODE_ENV, nodeFlagsOf } from '../../../services/cli/up/node-flags.ts'

const ROOT = new URL('../../../', import.meta.url).pathname
const GPUS = 8
/** "<4>[  123.456789] "; the lines of a node's log are about so long. */
const LINE = 'driver says that all is well, as it has said so often before, and goes on'
/** So much of the log's end as it is asked for, in whole lines, and in memory before it is written: as dmesg has it. */
const DMESG = `#!/usr/bin/perl
my ($log) = $0 =~ m{^(.*)/programs/};
open(my $file, '<', "$log/log") or die;
my $from = (-s $file) - $ARGV[3];
seek($file, $from > 0 ? $from : 0, 0);
<$file> if $from > 0;
read($file, my $text, $ARGV[3]);
syswrite(STDOUT, $text, 65536, $_ * 65536) for 0 .. int(length($text) / 65536);
`
/** Puts itself on the lists, and becomes the command. */
const IN_GROUPS = 'for list in $GROUPS_OF; do echo $$ > "$list"; done; unset GROUPS_OF; exec "$0" "$@"'

export interface GpuNode extends AsyncDisposable {
  /** Of the monitor. */
  readonly socket: string
  /** A line of the kernel's own, said now. */
  say(text: string): Promise<void>
  /** The bundle, with its image's flags, on these lists of tasks. */
  start(lists: readonly string[]): ChildProcess
}

function stamped(text: string, seconds: number): string {
  return `<4>[${seconds.toFixed(6).padStart(12)}] ${text}\n`
}

function filled(bytes: number): string {
  const lines: string[] = []
  for (let size = 0; size < bytes; size += lines.at(-1)?.length ?? bytes)
    lines.push(stamped(`${LINE} ${lines.length}`, lines.length / 1000))
  return lines.join('')
}

async function writeTree(root: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true })
    await writeFile(join(root, path), text)
  }
}

async function layHost(root: string): Promise<void> {
  const gpus = Array.from({ length: GPUS }, (_, i) => `sys/bus/pci/devices/0000:${(0x83 + i).toString(16)}:00.0`)
  await writeTree(root, {
    'proc/sys/kernel/random/boot_id': '00000000-0000-4000-8000-000000000001\n',
    'proc/loadavg': '0.00 0.00 0.00 1/100 1\n',
    'proc/uptime': '1000.00 1000.00\n',
    'sys/module/nvidia/version': '570.86.15\n',
    'sys/bus/pci/drivers/nvidia/bind': '',
    ...Object.fromEntries(
      gpus.flatMap((gpu) => [
        [`${gpu}/vendor`, '0x10de\n'],
        [`${gpu}/class`, '0x030200\n'],
      ]),
    ),
  })
  for (const gpu of gpus) await symlink('../../drivers/nvidia', join(root, gpu, 'driver'))
}

/** @param logMiB of the kernel's log when the monitor starts */
export async function layGpuNode(logMiB: number): Promise<GpuNode> {
  const dir = await mkdtemp(join(tmpdir(), 'nd-bench-gpu-'))
  const [hostRoot, programs, log] = [join(dir, 'host'), join(dir, 'programs'), join(dir, 'log')]
  await layHost(hostRoot)
  execFileSync('sh', [join(ROOT, 'test/fakes/nvidia-smi/make.sh'), programs, `h200x${GPUS}`])
  await writeTree(dir, {
    'programs/dmesg': DMESG,
    log: filled(logMiB * 1024 * 1024),
    'config.json': JSON.stringify({
      apiVersion: 'node-doctor.io/v1alpha1',
      kind: 'NodeDoctorConfig',
      metadata: { name: 'bench' },
      settings: { nodeName: 'bench', runDir: join(dir, 'run'), stateDir: join(dir, 'state'), hostRoot },
    }),
  })
  await chmod(join(programs, 'dmesg'), 0o755)
  return {
    socket: join(dir, 'run/monitors/gpu/gpu.sock'),
    say: (text) => appendFile(log, stamped(text, performance.timeOrigin / 1e6 + performance.now() / 1000)),
    start(lists) {
      const words = [process.execPath, ...nodeFlagsOf('gpu'), join(ROOT, 'dist/gpu.mjs')]
      const env = {
        ...NODE_ENV,
        PATH: `${programs}:${process.env['PATH']}`,
        NODE_DOCTOR_CONFIG: join(dir, 'config.json'),
        NODE_DOCTOR_LOG_LEVEL: 'warn',
        GROUPS_OF: lists.join(' '),
      }
      return spawn('sh', ['-c', IN_GROUPS, ...words], { stdio: ['ignore', 'inherit', 'inherit'], env })
    },
    [Symbol.asyncDispose]: () => rm(dir, { recursive: true, force: true }),
  }
}
