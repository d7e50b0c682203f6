using System.IO.MemoryMappedFiles;
using System.Runtime.CompilerServices;
using System.Text;
using Microsoft.Extensions.Logging;
using StreamScoring.Contracts;
using StreamScoring.Logs;
using StreamScoring.Scoring;

namespace StreamScoring.Host.Serving;

/// <summary>
/// Marks calls of models in a file that is mapped into memory: what was written there is there
/// after a crash of the process, without a call of the operating system for each. Where a process
/// died in a call, the next one scores the payments of that model one by one for a while. Where it
/// dies again, the payment is known, and after the second time the model is not asked for it.
/// </summary>
internal sealed unsafe class CallMarks : ICallMarks, IDisposable
{
    /// <summary>Lanes of all models and shadows; who comes later has no mark.</summary>
    private const int Slots = 512;

    private const int SlotBytes = 512, HeadBytes = 64;

    /// <summary>Within a slot: whether a call runs, the offset, lengths, texts.</summary>
    private const int OffsetAt = 8, VersionLengthAt = 16, LogLengthAt = 20, VersionAt = 24, LogAt = 152, LogBytesMax = SlotBytes - LogAt, VersionBytesMax = LogAt - VersionAt;

    /// <summary>
    /// Payments that are scored one by one after a death: more than a batch has, as batches are
    /// others the next time.
    /// </summary>
    private const int CarefulPayments = 8192;

    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly byte* _bytes;
    private readonly ModelDeaths _deaths;

    /// <summary>By version: the payments that are still scored one by one.</summary>
    private readonly Dictionary<string, StrongBox<int>> _careful = [];
    private readonly Lock _gate = new();
    private readonly bool[] _taken = new bool[Slots];

    private string[] _logs = [];

    private CallMarks(MemoryMappedFile file, ModelDeaths deaths)
    {
        (_file, _view, _deaths) = (file, file.CreateViewAccessor(), deaths);
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _bytes);
    }

    /// <summary>Looks what the process before died in, and begins anew.</summary>
    /// <param name="folder">The data folder.</param>
    /// <param name="instance">Tells processes of one data folder apart.</param>
    /// <returns>Null where the folder cannot be written: then nobody knows.</returns>
    public static CallMarks? Open(string folder, string instance, ILogger logger)
    {
        try
        {
            Directory.CreateDirectory(folder);
            var path = Path.Combine(folder, $"model-calls{(instance.Length > 0 ? $"-{instance}" : "")}");
            var deaths = ModelDeaths.Read($"{path}.json");
            // Somebody else's process of the same folder has a file of its own only by an instance.
            var stream = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            stream.SetLength(HeadBytes + (Slots * SlotBytes));
            var file = MemoryMappedFile.CreateFromFile(stream, mapName: null, 0, MemoryMappedFileAccess.ReadWrite, HandleInheritability.None, leaveOpen: false);
            var marks = new CallMarks(file, deaths);
            marks.TakeOver($"{path}.json", logger);
            return marks;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            logger.CallsAreNotMarked(folder, e.Message);
            return null;
        }
    }

    /// <summary>The logs that positions refer to from now on.</summary>
    public void Refer(LogTable logs) => _logs = [.. Enumerable.Range(0, logs.Count).Select(logIndex => logs[logIndex].ToString())];

    /// <inheritdoc/>
    public ICallMark Open(string version)
    {
        lock (_gate)
        {
            var slot = Array.IndexOf(_taken, false);
            if (slot >= 0)
            {
                _taken[slot] = true;
            }

            return new Mark(this, slot, version, _careful.GetValueOrDefault(version), _deaths.DeadlyOf(version).ToHashSet(StringComparer.Ordinal));
        }
    }

    /// <summary>
    /// The process ends well: what is in a call now was given up. The file stays mapped, as such a
    /// call may still come back.
    /// </summary>
    public void Dispose()
    {
        ProcessId = 0;
        _view.Flush();
        GC.KeepAlive(_file);
    }

    /// <summary>Whose marks they are; 0 for those of a process that ended well.</summary>
    private int ProcessId
    {
        get => *(int*)_bytes;
        set => *(int*)_bytes = value;
    }

    private byte* SlotOf(int slot) => _bytes + HeadBytes + (slot * SlotBytes);

    private void TakeOver(string deathsPath, ILogger logger)
    {
        var isOfAnother = ProcessId != 0 && ProcessId != Environment.ProcessId;
        for (var slot = 0; slot < Slots; slot++)
        {
            var at = SlotOf(slot);
            if (isOfAnother && *(int*)at == 1)
            {
                var version = Text(at + VersionAt, *(int*)(at + VersionLengthAt), VersionBytesMax);
                var payment = FormattableString.Invariant($"{Text(at + LogAt, *(int*)(at + LogLengthAt), LogBytesMax)}/{*(long*)(at + OffsetAt)}");
                _deaths.Add(version, payment);
                _careful[version] = new StrongBox<int>(CarefulPayments);
                logger.DiedInACall(TerminalText.Escape(version), TerminalText.Escape(payment));
            }

            new Span<byte>(at, SlotBytes).Clear();
        }

        // Payments that are known to be deadly are looked for as long as they may come again.
        foreach (var version in _deaths.Deaths.Select(death => death.Version).Distinct().Where(version => _deaths.DeadlyOf(version).Any()))
        {
            _careful.TryAdd(version, new StrongBox<int>(CarefulPayments));
        }

        _deaths.Write(deathsPath);
        ProcessId = Environment.ProcessId;
    }

    private static string Text(byte* at, int length, int max) => Encoding.UTF8.GetString(at, Math.Clamp(length, 0, max));

    private sealed class Mark : ICallMark
    {
        private readonly CallMarks _owner;
        private readonly int _slot;
        private readonly StrongBox<int>? _careful;
        private readonly string[] _logTexts;
        private readonly byte[][] _logs;
        private readonly HashSet<string> _deadly;

        public Mark(CallMarks owner, int slot, string version, StrongBox<int>? careful, HashSet<string> deadly)
        {
            (_owner, _slot, _careful, _deadly, _logTexts) = (owner, slot, careful, deadly, owner._logs);
            _logs = [.. _logTexts.Select(Encoding.UTF8.GetBytes)];
            if (slot >= 0)
            {
                var bytes = Encoding.UTF8.GetBytes(version).AsSpan();
                bytes = bytes[..Math.Min(bytes.Length, VersionBytesMax)];
                bytes.CopyTo(new Span<byte>(owner.SlotOf(slot) + VersionAt, VersionBytesMax));
                *(int*)(owner.SlotOf(slot) + VersionLengthAt) = bytes.Length;
            }
        }

        public bool IsCareful => _careful is { } left && Volatile.Read(ref left.Value) > 0;

        public bool IsDeadly(int logIndex, long offset) => _deadly.Count > 0 && _deadly.Contains(FormattableString.Invariant($"{_logTexts[logIndex]}/{offset}"));

        public void Begin(int logIndex, long offset)
        {
            if (IsCareful)
            {
                Interlocked.Decrement(ref _careful!.Value);
            }

            if (_slot < 0)
            {
                return;
            }

            var at = _owner.SlotOf(_slot);
            var log = _logs[logIndex].AsSpan();
            log = log[..Math.Min(log.Length, LogBytesMax)];
            log.CopyTo(new Span<byte>(at + LogAt, LogBytesMax));
            (*(int*)(at + LogLengthAt), *(long*)(at + OffsetAt)) = (log.Length, offset);
            Volatile.Write(ref *(int*)at, 1);
        }

        public void End()
        {
            if (_slot >= 0)
            {
                Volatile.Write(ref *(int*)_owner.SlotOf(_slot), 0);
            }
        }

        public void Dispose()
        {
            End();
            lock (_owner._gate)
            {
                if (_slot >= 0)
                {
                    _owner._taken[_slot] = false;
                }
            }
        }
    }
}
