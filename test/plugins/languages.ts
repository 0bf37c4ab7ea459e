/** The examples of deploy/plugins that are built: how, and what makes each well or ill. */

export interface Language {
  /** As people call it. */
  readonly language: string
  /** Its folder in deploy/plugins. */
  readonly folder: string
  /** What it calls itself. */
  readonly name: string
  readonly conditionType: string
  /** A program that the build takes, with arguments that show whether it is there. */
  readonly needs: readonly string[]
  /** Why it is not built where that program does not run. */
  readonly missing: string
  /** The command that runs what was built into a folder. */
  command(built: string): readonly string[]
  /** What it reads below its root, and what stands there. */
  readonly reads: string
  readonly well: string
  readonly ill: string
  /** Other files that have to be there. */
  readonly beside: Readonly<Record<string, string>>
  readonly said: { readonly well: string; readonly ill: string; readonly unknown: string }
  /** Words of its problem. */
  readonly message: string
  /** A parameter by which what is well is ill. */
  readonly parameters: Readonly<Record<string, string>>
}

const KEYS_OF_ROOT = '    0:    67 66/66 54/1000000 1026/25000000\n'

export const LANGUAGES: readonly Language[] = [
  {
    language: 'Go',
    folder: 'go',
    name: 'async-io',
    conditionType: 'AsyncRequestsHigh',
    needs: ['go', 'version'],
    missing: 'skipped: Go is not installed',
    command: (built) => [`${built}/async-io`],
    reads: 'proc/sys/fs/aio-nr',
    well: '10\n',
    ill: '95\n',
    beside: { 'proc/sys/fs/aio-max-nr': '100\n' },
    said: { well: 'AsyncRequestsFree', ill: 'AsyncRequestsNearLimit', unknown: 'AsyncRequestsNotSeen' },
    message: '95 of 100 requests for asynchronous I/O are in use; raise fs.aio-max-nr',
    parameters: { threshold_percent: '10' },
  },
  {
    language: 'Python',
    folder: 'python',
    name: 'kernel-taint',
    conditionType: 'KernelTainted',
    needs: ['python3', '-c', 'import pip, sys; assert sys.version_info >= (3, 10)'],
    missing: 'skipped: there is no Python 3.10 or newer with pip (apt-get install python3-pip)',
    command: (built) => ['python3', `${built}/monitor.py`],
    reads: 'proc/sys/kernel/tainted',
    well: '4097\n',
    ill: '4225\n',
    beside: {},
    said: { well: 'KernelHadNoFault', ill: 'KernelWentOnAfterFault', unknown: 'KernelTaintNotSeen' },
    message: 'since it started the kernel had an oops or a bug (D); reboot the node',
    parameters: { flags: 'O' },
  },
  {
    language: 'Rust',
    folder: 'rust',
    name: 'key-quota',
    conditionType: 'KeyQuotaHigh',
    needs: ['cargo', '--version'],
    missing: 'skipped: Rust is not installed (there is no cargo)',
    command: (built) => [`${built}/key-quota`],
    reads: 'proc/key-users',
    well: `${KEYS_OF_ROOT} 1000:    12 12/12 20/200 640/20000\n`,
    ill: `${KEYS_OF_ROOT} 1000:    12 12/12 190/200 640/20000\n`,
    beside: {},
    said: { well: 'KeyQuotaFree', ill: 'KeyQuotaNearLimit', unknown: 'KeyQuotaNotSeen' },
    message: 'user 1000 has 190 of 200 keys and 640 of 20000 bytes; raise kernel.keys.maxkeys and kernel.keys.maxbytes',
    parameters: { threshold_percent: '10' },
  },
]
