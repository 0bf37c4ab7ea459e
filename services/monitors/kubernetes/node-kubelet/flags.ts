/** What a kubelet's command line says of its configuration. Pure. */

/** Flags that matter here. */
export interface KubeletFlags {
  /** It is the line of a kubelet, and not of a program that runs one within itself (k3s, k0s), whose flags are its own. */
  readonly isKubelet: boolean
  /** The file of `--config`; undefined: none. */
  readonly config: string | undefined
  /** Of `--container-runtime-endpoint`: "unix:///run/containerd/containerd.sock"; undefined: it is not given. */
  readonly endpoint: string | undefined
  /** There is a folder of further files (`--config-dir`), which are laid over the file. */
  readonly hasFolder: boolean
  /** Names of all flags, as keys of the configuration are written: a flag goes before the file. */
  readonly names: ReadonlySet<string>
}

/** Flags whose key in the file is called otherwise (k8s.io/kubernetes, cmd/kubelet/app/options), in lower case. */
const KEYS: Readonly<Record<string, string>> = {
  'anonymous-auth': 'authentication',
  'client-ca-file': 'authentication',
  'authentication-token-webhook': 'authentication',
  'authentication-token-webhook-cache-ttl': 'authentication',
  'authorization-mode': 'authorization',
  'authorization-webhook-cache-authorized-ttl': 'authorization',
  'authorization-webhook-cache-unauthorized-ttl': 'authorization',
  'contention-profiling': 'enablecontentionprofiling',
  'event-qps': 'eventrecordqps',
  'image-gc-high-threshold': 'imagegchighthresholdpercent',
  'image-gc-low-threshold': 'imagegclowthresholdpercent',
  'manifest-url': 'staticpodurl',
  'manifest-url-header': 'staticpodurlheader',
  'minimum-image-ttl-duration': 'imageminimumgcage',
  'pod-manifest-path': 'staticpodpath',
  'pod-max-pids': 'podpidslimit',
  'registry-qps': 'registrypullqps',
  'reserved-cpus': 'reservedsystemcpus',
  'rotate-server-certificates': 'servertlsbootstrap',
  'log-flush-frequency': 'logging',
  'logging-format': 'logging',
  v: 'logging',
  vmodule: 'logging',
}

/** "cgroup-root" is `cgroupRoot` in the file; in lower case. */
function keyOf(flag: string): string {
  return KEYS[flag] ?? flag.replaceAll('-', '')
}

/** Reads /proc/PID/cmdline: arguments between NUL bytes. Names are in lower case, as `maxPods` is "maxpods". */
export function parseFlags(cmdline: string): KubeletFlags {
  const words = cmdline.split('\0')
  const names = new Set<string>()
  let config: string | undefined
  let endpoint: string | undefined
  let hasFolder = false
  for (const [index, word] of words.entries()) {
    const [, name, value] = /^--?([a-z][a-z0-9-]*)(?:=(.*))?$/s.exec(word) ?? []
    if (name === undefined) continue
    names.add(keyOf(name))
    hasFolder ||= name === 'config-dir'
    if (name === 'config') config = value ?? words[index + 1]
    if (name === 'container-runtime-endpoint') endpoint = value ?? words[index + 1]
  }
  // "/usr/bin/kubelet --config=…", "hyperkube kubelet …".
  const isKubelet = /(?:^|\/)(?:kubelet[^/]*|hyperkube)$/.test(words[0] ?? '')
  return { isKubelet, config: config?.startsWith('/') === true ? config : undefined, endpoint, hasFolder, names }
}
