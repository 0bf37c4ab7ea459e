# Prints what nvidia-smi prints, from a table of a capture and one of a state. Called by the program that make.sh writes, with
# ARGS (one argument a line), GPUS, COLUMN (idle or load) and NOW in its environment.

function fail(code, text) {
  print text
  exit_code = code
  exit code
}

# A value of a GPU: what the state says of it, of all, or the capture.
function csv_value(field, gpu) {
  if ((field, gpu) in state_csv) return state_csv[field, gpu]
  if ((field, "") in state_csv) return state_csv[field, ""]
  if (field == "timestamp") return ENVIRON["NOW"]
  if (field == "count") return gpus
  if (field == "index") return gpu
  if (field == "uuid") return uuid(gpu)
  if (field == "pci.bus_id") return place(gpu)
  if (field == "pci.bus") return sprintf("0x%02X", bus(gpu))
  if (field == "hostname") return "node"
  return COLUMN == "load" && field in load ? load[field] : idle[field]
}

function hex(text,   i, value) {
  for (i = 1; i <= length(text); i++) value = value * 16 + index("0123456789ABCDEF", toupper(substr(text, i, 1))) - 1
  return value
}

function bus(gpu) { return (hex(substr(idle["pci.bus"], 3)) + gpu * 8) % 256 }
function place(gpu) { return sprintf("00000000:%02X:00.0", bus(gpu)) }
function uuid(gpu) { return sprintf("GPU-3f0a51c%d-7b2e-4d19-a6c8-0000000000%02d", gpu % 10, gpu) }
function line(gpu) { return "GPU " gpu ": " csv_value("name", gpu) " (UUID: " csv_value("uuid", gpu) ")" }
function is_there(gpu) { return (only == "" || only == gpu || only == uuid(gpu)) && !(("gone", gpu) in state_csv) }

function query_gpu(list,   count, i, gpu, names, row) {
  count = split(list, names, ",")
  for (i = 1; i <= count; i++)
    if (!(names[i] in canonical)) fail(2, "Field \"" names[i] "\" is not a valid field to query.")
  if (!noheader) {
    row = ""
    for (i = 1; i <= count; i++) {
      names[i] = canonical[names[i]]
      row = row (i > 1 ? ", " : "") names[i] (unit[names[i]] == "" ? "" : " [" unit[names[i]] "]")
    }
    print row
  }
  for (gpu = 0; gpu < gpus; gpu++) {
    if (!is_there(gpu)) continue
    row = ""
    for (i = 1; i <= count; i++) row = row (i > 1 ? ", " : "") shown(canonical[names[i]], gpu)
    print row
  }
}

function shown(field, gpu,   value, end) {
  value = csv_value(field, gpu)
  end = " " unit[field]
  if (nounits && unit[field] != "" && length(value) > length(end) && substr(value, length(value) - length(end) + 1) == end)
    return substr(value, 1, length(value) - length(end))
  return value
}

function query_all(   gpu, i, path, value) {
  print ""
  print "==============NVSMI LOG=============="
  print ""
  printf "%-55s: %s\n", "Timestamp", ENVIRON["NOW"]
  printf "%-55s: %s\n", "Driver Version", version["DRIVER version"]
  printf "%-55s: %s\n\n", "CUDA Version", version["CUDA Version"]
  printf "%-55s: %s\n", "Attached GPUs", gpus
  for (gpu = 0; gpu < gpus; gpu++) {
    if (!is_there(gpu)) continue
    print "GPU " place(gpu)
    for (i = 1; i <= lines; i++) {
      if (!(i in q_value)) { print indent(i) q_key[i]; continue }
      path = q_path[i]
      value = COLUMN == "load" && i in q_load ? q_load[i] : q_value[i]
      if (path == "GPU UUID") value = uuid(gpu)
      if (path == "Minor Number") value = gpu
      if (path == "PCI / Bus") value = sprintf("0x%02X", bus(gpu))
      if (path == "PCI / Bus Id") value = place(gpu)
      if ((path, "") in state_q) value = state_q[path, ""]
      if ((path, gpu) in state_q) value = state_q[path, gpu]
      printf "%-55s: %s\n", indent(i) q_key[i], value
    }
    if (apps == 0) printf "%-55s: %s\n", "    Processes", "None"
    print ""
  }
}

function indent(i) { return substr("                                        ", 1, q_depth[i] * 4) }

function nvlink(what,   gpu, i, speed) {
  if (no_link != "" || links == 0) {
    for (gpu = 0; gpu < gpus; gpu++) {
      print line(gpu)
      print no_link
    }
    return
  }
  for (gpu = 0; gpu < gpus; gpu++) {
    if (!is_there(gpu)) continue
    print line(gpu)
    for (i = 0; i < links; i++) {
      speed = (i, gpu) in state_link ? state_link[i, gpu] : link[i]
      if (what == "-s") { print "\t Link " i ": " speed; continue }
      print "\t Link " i ": Replay Errors: " errors("replay", i, gpu)
      print "\t Link " i ": Recovery Errors: " errors("recovery", i, gpu)
      print "\t Link " i ": CRC Errors: " errors("crc", i, gpu)
    }
  }
}

function errors(kind, i, gpu) { return (kind, i, gpu) in state_errors ? state_errors[kind, i, gpu] : 0 }

function topology(   gpu, other, row) {
  row = " "
  for (gpu = 0; gpu < gpus; gpu++) row = row "\tGPU" gpu
  print row "\t"
  for (gpu = 0; gpu < gpus; gpu++) {
    row = " GPU" gpu
    for (other = 0; other < gpus; other++)
      row = row "\t" (gpu == other ? "X" : (gpu, other) in state_p2p ? state_p2p[gpu, other] : links > 0 ? "OK" : "NS")
    print row "\t"
  }
  print ""
  print "Legend:"
  print ""
  print "  X    = Self"
  print "  OK   = Status Ok"
  print "  CNS  = Chipset not supported"
  print "  GNS  = GPU not supported"
  print "  TNS  = Topology not supported"
  print "  NS   = Not supported"
  print "  U    = Unknown"
}

function app_value(name, i, gpu) {
  if (name == "pid") return app_pid[i]
  if (name == "process_name") return app_name[i]
  if (name == "used_gpu_memory") return nounits ? substr(app_memory[i], 1, index(app_memory[i] " ", " ") - 1) : app_memory[i]
  if (name == "gpu_uuid") return uuid(gpu)
  if (name == "gpu_bus_id") return place(gpu)
  if (name == "gpu_name") return csv_value("name", gpu)
  if (name == "gpu_serial") return csv_value("serial", gpu)
  return ENVIRON["NOW"]
}

function query_apps(list,   count, i, j, gpu, names, row) {
  count = split(list, names, ",")
  for (i = 1; i <= count; i++) {
    if (names[i] == "name") names[i] = "process_name"
    if (names[i] == "used_memory") names[i] = "used_gpu_memory"
    if (names[i] !~ /^(timestamp|gpu_name|gpu_bus_id|gpu_serial|gpu_uuid|pid|process_name|used_gpu_memory)$/)
      fail(2, "Field \"" names[i] "\" is not a valid field to query.")
  }
  row = ""
  for (i = 1; i <= count; i++) row = row (i > 1 ? ", " : "") names[i] (names[i] == "used_gpu_memory" ? " [MiB]" : "")
  if (!noheader) print row
  for (gpu = 0; gpu < gpus; gpu++)
    for (j = 1; j <= apps; j++) {
      row = ""
      for (i = 1; i <= count; i++) row = row (i > 1 ? ", " : "") app_value(names[i], j, gpu)
      if (is_there(gpu)) print row
    }
}

function help_query(   i, count, names, text, j) {
  print "List of valid properties to query for the switch \"--query-gpu\":"
  for (i = 1; i <= fields; i++) {
    count = split(aliases[i], names, "|")
    text = "\"" names[1] "\""
    for (j = 2; j <= count; j++) text = text " or \"" names[j] "\""
    print ""
    print text
    print "What it is."
  }
}

function list(   gpu, i) {
  for (gpu = 0; gpu < gpus; gpu++) {
    if (!is_there(gpu)) continue
    print line(gpu)
    for (i = 0; i < migs; i++) printf "  MIG %-15sDevice %2d: (UUID: MIG-%08d-0000-4000-8000-%012d)\n", mig[i], i, gpu, i
  }
}

BEGIN { FS = "\t"; COLUMN = ENVIRON["COLUMN"]; gpus = ENVIRON["GPUS"] + 0 }

FILENAME ~ /capture\.tsv$/ && $1 == "version" { version[$2] = $3 }
FILENAME ~ /capture\.tsv$/ && $1 == "csv" {
  aliases[++fields] = $2
  count = split($2, names, "|")
  for (i = 1; i <= count; i++) canonical[names[i]] = names[1]
  unit[names[1]] = $3
  idle[names[1]] = $4
  if (NF > 4) load[names[1]] = $5
}
FILENAME ~ /capture\.tsv$/ && $1 == "q" {
  lines++
  q_depth[lines] = $2
  q_key[lines] = $3
  above[$2] = $3
  path = ""
  for (i = 1; i <= $2; i++) path = path (i > 1 ? " / " : "") above[i]
  q_path[lines] = path
  if (NF > 3) q_value[lines] = $4
  if (NF > 4) q_load[lines] = $5
}
FILENAME ~ /capture\.tsv$/ && $1 == "link" { link[$2] = $3; links++ }
FILENAME ~ /capture\.tsv$/ && $1 == "nolink" { no_link = $2 }
FILENAME ~ /capture\.tsv$/ && $1 == "mig" { mig[$2] = $3; migs++ }
$1 == "app" && ($2 == COLUMN || $2 == "any") { app_pid[++apps] = $3; app_name[apps] = $4; app_memory[apps] = $5 }
FILENAME !~ /capture\.tsv$/ && $1 == "csv" {
  if (!($2 in idle) && $2 != "gone") { print "fake nvidia-smi: no field " $2 " in this capture" > "/dev/stderr"; exit_code = 99; exit 99 }
  state_csv[$2, NF > 3 ? $4 : ""] = $3
}
FILENAME !~ /capture\.tsv$/ && $1 == "q" { state_q[$2, NF > 3 ? $4 : ""] = $3 }
FILENAME !~ /capture\.tsv$/ && $1 == "link" { state_link[$2, NF > 3 ? $4 : 0] = $3 }
FILENAME !~ /capture\.tsv$/ && $1 == "errors" { state_errors[$2, $3, $5 + 0] = $4 }
FILENAME !~ /capture\.tsv$/ && $1 == "p2p" { state_p2p[$2, $3] = $4 }
FILENAME !~ /capture\.tsv$/ && $1 == "fails" { fails_code = $2; fails_text = $3 }

END {
  if (exit_code) exit exit_code
  if (fails_code != "") { gsub(/\\n/, "\n", fails_text); fail(fails_code, fails_text) }
  count = split(ENVIRON["ARGS"], arg, "\n")
  only = ""
  for (i = 1; i <= count; i++) {
    name = arg[i]
    value = ""
    if (name ~ /^--[a-z-]+=/) { value = substr(name, index(name, "=") + 1); name = substr(name, 1, index(name, "=") - 1) }
    else if (name ~ /^(--query-gpu|--query-compute-apps|--format|-i|--id)$/) value = arg[++i]
    if (name == "--query-gpu" || name == "--query-compute-apps") { asked = name; what = value }
    else if (name == "--format") {
      if (value !~ /^csv(,(noheader|nounits))*$/) fail(2, "Option \"--format=" value "\" is not valid.")
      format = value
      noheader = value ~ /noheader/
      nounits = value ~ /nounits/
    } else if (name == "-i" || name == "--id") only = value
    else if (name ~ /^(-q|--query|-L|--list-gpus|--help-query-gpu|--version)$/ || (i == 1 && name ~ /^(nvlink|topo)$/)) asked = name
    else if (asked == "nvlink" && name ~ /^-(s|e)$/) what = name
    else if (asked == "topo" && name == "-p2p" && arg[i + 1] == "n") { what = "p2p"; i++ }
    else fail(2, "Invalid combination of input arguments. Please run 'nvidia-smi -h' for help.\n")
  }
  if (asked ~ /^--query/ && format == "") fail(2, "\"--format=\" switch is missing. Please run 'nvidia-smi -h' for help.")
  if (asked == "--query-gpu") query_gpu(what)
  else if (asked == "--query-compute-apps") query_apps(what)
  else if (asked == "-q" || asked == "--query") query_all()
  else if (asked == "-L" || asked == "--list-gpus") list()
  else if (asked == "--help-query-gpu") help_query()
  else if (asked == "--version") for (name in version) printf "%-20s : %s\n", name, version[name]
  else if (asked == "nvlink" && what != "") nvlink(what)
  else if (asked == "topo" && what != "") topology()
  else fail(2, "Invalid combination of input arguments. Please run 'nvidia-smi -h' for help.\n")
  exit exit_code
}
