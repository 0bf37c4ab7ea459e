/** Programs that change the machine. */

/** A program of the host that is run once under a name. */
export interface HostProgram {
  /** Names this run and no other, over restarts of this process: "3f2a91c0-17". Letters, digits and "-", 1 to 64. */
  readonly name: string
  /** For people who look at the unit: "Node Doctor: custom-script". */
  readonly description: string
  /** The first word is the absolute path of a program, from the host's root. No shell reads any of them. */
  readonly command: readonly [string, ...string[]]
  /** Commands that run when it is over, however it ended; each whatever came of the one before. Needs systemd. Default: none. */
  readonly afterwards?: readonly (readonly [string, ...string[]])[]
  /** Beside PATH. */
  readonly env?: Readonly<Record<string, string>>
  /** Then it is ended with all that it started: SIGTERM, SIGKILL after 2 s, or 5 s where something comes afterwards. */
  readonly runMs: number
}

/** What a program wrote to both its outputs. */
export interface ProgramOutput {
  /** The first 32 KiB, and behind a line that says so the last 32 KiB where there was more; what is no text is replaced. */
  readonly text: string
  readonly isCut: boolean
}

/** What became of a program. */
export type ProgramEnd =
  | ({
      readonly kind: 'ended'
      /** It ended by itself, with code 0. */
      readonly isSuccess: boolean
      /** The deadline ended it. */
      readonly isTimedOut: boolean
      /** undefined: it was ended by a signal, or never ran. */
      readonly exitCode: number | undefined
      /** "exited with code 3", "was ended by SIGKILL" */
      readonly words: string
    } & ProgramOutput)
  /** It was begun, and nobody knows how it ended. */
  | ({ readonly kind: 'lost'; readonly message: string } & ProgramOutput)
  /** It was not begun. `NoSystemBus`: this is a container, and there is no systemd to begin it for us. */
  | { readonly kind: 'refused'; readonly reason: 'NoSystemBus' | 'Unable'; readonly message: string }

/** How a program is waited for. */
export interface ProgramOptions {
  /** Nobody waits any more: what runs as a unit runs on; what does not is ended. The run rejects with its reason. */
  readonly signal: AbortSignal
  /** Ends the program; its end is told as any other. */
  readonly cancel?: AbortSignal
  /** Told once, when it is known that it runs, or ran; `joined`: it was begun before this call. */
  readonly onBegun?: (joined: boolean) => void
}

/** Runs programs on the host. */
export interface HostPrograms {
  /**
   * Runs a program once: a second call of one name, also by another process of ours, waits for the first, and tells its end. With
   * systemd it is a unit called `node-doctor-act-<name>.service`, in a cgroup of its own, which outlives this process. Without, on a
   * machine that is no container, it is a process group that ends with this process.
   */
  run(program: HostProgram, options: ProgramOptions): Promise<ProgramEnd>
  /** The path of a tool of the host ("ip"); undefined: it has none in the folders of a PATH. @throws HostReadError */
  find(tool: string): Promise<string | undefined>
  /** The path that files of a name begin with, here and on the host: for what a program itself has to keep. */
  prefixOf(name: string): string
  /** Takes away what is kept of a name, and of those that are made of it (`3f2a91c0-17-open`): they could be run again. */
  forget(name: string): Promise<void>
}
