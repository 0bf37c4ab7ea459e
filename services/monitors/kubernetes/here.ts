/** Whether this machine is a node of Kubernetes: on others nothing is said. */
import { type Host, HostReadError } from '#host'

/** Where kubelets keep what they know (`--root-dir`): by default, of k0s, of MicroK8s. */
const KUBELET_FOLDERS = ['/var/lib/kubelet', '/var/lib/k0s/kubelet', '/var/snap/microk8s/common/var/lib/kubelet']

/** The folder of the kubelet that lives here: the first of those that is there, else the usual one. */
export async function kubeletFolder({ files }: Pick<Host, 'files'>): Promise<string> {
  for (const folder of KUBELET_FOLDERS) {
    try {
      if (await files.exists(folder)) return folder
    } catch (err) {
      if (err instanceof HostReadError) return folder
      throw err
    }
  }
  return '/var/lib/kubelet'
}

/** Whether a kubelet lives here, or did. Where that cannot be told it is taken to be one: what is asked then says why it cannot. */
export async function hasKubelet({ files }: Pick<Host, 'files'>): Promise<boolean> {
  for (const folder of KUBELET_FOLDERS) {
    try {
      if (await files.exists(folder)) return true
    } catch (err) {
      if (err instanceof HostReadError) return true
      throw err
    }
  }
  return false
}
