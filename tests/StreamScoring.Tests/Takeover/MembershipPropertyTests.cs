using CsCheck;
using StreamScoring.Logs;
using StreamScoring.Takeover;

namespace StreamScoring.Tests.Takeover;

/// <summary>
/// A member is told facts in random order, true ones and late ones, and all that it says is held
/// against what is known from outside.
/// </summary>
public sealed class MembershipPropertyTests
{
    [Fact]
    public void In_whatever_order_facts_come_no_log_is_owned_twice_released_too_early_or_decided_from_elsewhere() =>
        Gen.Select(Gen.Bool, Gen.Select(Gen.Int[0, 11], Gen.Int[0, TakeoverLogs.Partitions - 1], Gen.Int[0, 1000]).Array[0, 150]).Sample((commits, facts) =>
        {
            var member = new WatchedMember(commits);
            foreach (var (what, partition, number) in facts)
            {
                member.Draw(what, partition, number);
            }
        });

    /// <summary>
    /// Keeps what the process behind it would: what is owned, drained and acknowledged.
    /// </summary>
    private sealed class WatchedMember(bool commits)
    {
        private const long End = 1_000_000;

        private static readonly MembershipRules Rules = new() { CommitsOffsets = true };

        private readonly Membership _member = new(TakeoverLogs.Logs, Rules with { CommitsOffsets = commits });
        private readonly List<MembershipCommand.Read> _asked = [];
        private readonly bool[] _isOwned = new bool[TakeoverLogs.Logs.Count];
        private readonly long[] _inFlight = new long[TakeoverLogs.Logs.Count];
        private readonly long[] _acknowledged = new long[TakeoverLogs.Logs.Count];
        private readonly long[] _committed = new long[TakeoverLogs.Logs.Count];
        private readonly long[] _decidedThrough = new long[TakeoverLogs.Logs.Count];
        private readonly TimeSpan?[] _revokedAt = new TimeSpan?[TakeoverLogs.Logs.Count];
        private readonly bool[] _isAssigned = new bool[TakeoverLogs.Partitions];
        private TimeSpan _now;
        private bool _hasFailed;
        private bool _isStopping;
        private bool _isLosing;

        public void Draw(int what, int partition, int number)
        {
            switch (what)
            {
                case 0 when !_isAssigned[partition]:
                    _isAssigned[partition] = true;
                    Tell(new MembershipFact.Assigned([partition], "m"));
                    break;
                case 1 when _isAssigned[partition]:
                    _isAssigned[partition] = false;
                    LogsOf(partition).ForEach(logIndex => _revokedAt[logIndex] = _now);
                    Tell(new MembershipFact.Revoked([partition]));
                    Assert.All(LogsOf(partition), logIndex => Assert.False(_isOwned[logIndex]));
                    break;
                case 2 when number < 300:
                    (_isAssigned[partition], _isLosing) = (false, true);
                    Tell(new MembershipFact.Lost([partition]));
                    _isLosing = false;
                    Assert.All(LogsOf(partition), logIndex => Assert.False(_isOwned[logIndex]));
                    break;
                case 3:
                    _now += TimeSpan.FromMilliseconds(number * 12);
                    Tell(new MembershipFact.TimePassed(_now));
                    break;
                case 4:
                    Tell(new MembershipFact.Polled());
                    break;
                case 5 or 6:
                    Work(number);
                    Tell(new MembershipFact.Progressed([.. _acknowledged.Select((through, logIndex) => new LogProgress(through, _inFlight[logIndex] == 0))]));
                    break;
                case 7 or 8 or 9 or 10 when _asked.Count > 0:
                    // Perhaps an old question, perhaps once more.
                    Answer(_asked[^(1 + Math.Min(number % 4 == 0 ? number / 4 % _asked.Count : 0, _asked.Count - 1))], number);
                    break;
                case 11 when number < 3:
                    Tell(new MembershipFact.Stopping());
                    break;
            }
        }

        /// <summary>
        /// The process takes of what it owns, and some of what is on its way is acknowledged.
        /// </summary>
        private void Work(int number)
        {
            for (var logIndex = 0; logIndex < _inFlight.Length; logIndex++)
            {
                if (_isOwned[logIndex] && (number >> logIndex) % 2 == 0)
                {
                    _inFlight[logIndex] += 1 + (number % 5);
                }
                else if ((number >> (logIndex + 3)) % 3 != 0)
                {
                    var done = Math.Min(_inFlight[logIndex], 1 + (number % 9));
                    _inFlight[logIndex] -= done;
                    _acknowledged[logIndex] += done;
                    _decidedThrough[logIndex] = Math.Max(_decidedThrough[logIndex], _acknowledged[logIndex]);
                }
            }
        }

        private void Answer(MembershipCommand.Read read, int number) => Tell((read, number % 7) switch
        {
            (_, 0) => new MembershipFact.NotRead(read.Takeover, CallError.Transient, new IOException()),
            (MembershipCommand.ReadCommitted, _) => new MembershipFact.CommittedRead(
                read.Takeover, read.Logs.ToDictionary(logIndex => logIndex, logIndex => new CommittedOffset(_committed[logIndex], TakeoverLogs.TopicId))),
            (MembershipCommand.ReadDecisionsEnds, 1) => new MembershipFact.DecisionsEndsRead(read.Takeover, read.Logs),
            (MembershipCommand.ReadDecisionsEnds, _) => new MembershipFact.DecisionsEndsRead(read.Takeover, []),
            (MembershipCommand.ReadLogEnds, _) => new MembershipFact.LogEndsRead(read.Takeover, read.Logs.ToDictionary(logIndex => logIndex, _ => End)),
            _ => new MembershipFact.TailRead(read.Takeover, read.Logs.ToDictionary(logIndex => logIndex, logIndex =>
                TakeoverLogs.Decided(logIndex, End, _decidedThrough[logIndex] > 0 ? [_decidedThrough[logIndex] - 1] : []))),
        });

        private void Tell(MembershipFact fact)
        {
            _isStopping |= fact is MembershipFact.Stopping;
            foreach (var command in _member.On(fact))
            {
                Watch(command);
            }

            // A command tells of partitions, and the member says the same of itself.
            Assert.All(Enumerable.Range(0, _isOwned.Length).Where(logIndex => _isOwned[logIndex]), logIndex => Assert.Contains(TakeoverLogs.Logs.OwnedWith(logIndex), _member.Owned));
        }

        private void Watch(MembershipCommand command)
        {
            switch (command)
            {
                case MembershipCommand.Read read:
                    Assert.All(read.Logs, logIndex => Assert.False(_isOwned[logIndex]));
                    Assert.All(read.Logs, logIndex => Assert.Equal(0, _inFlight[logIndex]));
                    _asked.Add(read);
                    break;
                case MembershipCommand.Own(var logIndex, var from, _):
                    Assert.False(_isOwned[logIndex]);
                    Assert.False(_hasFailed || _isStopping);
                    Assert.Equal(0, _inFlight[logIndex]);
                    Assert.True(_isAssigned[TakeoverLogs.Logs.OwnedWith(logIndex)]);
                    // Of labels what this process acknowledged counts too (PartitionOwnership.Own),
                    // committed or not.
                    Assert.Equal(Math.Max(_decidedThrough[logIndex], _committed[logIndex]), TakeoverLogs.IsPayments(logIndex) ? from : Math.Max(from, _acknowledged[logIndex]));
                    (_isOwned[logIndex], _revokedAt[logIndex]) = (true, null);
                    _acknowledged[logIndex] = Math.Max(_acknowledged[logIndex], from);
                    break;
                case MembershipCommand.Disown(var logIndex):
                    _isOwned[logIndex] = false;
                    break;
                case MembershipCommand.Release(var logIndex):
                    Assert.False(_isOwned[logIndex]);
                    Assert.True(_isLosing || _isStopping || _inFlight[logIndex] == 0 || _now - _revokedAt[logIndex] >= Rules.DrainPatience, $"{logIndex} is released with {_inFlight[logIndex]} in flight");
                    break;
                case MembershipCommand.Commit(var offsets):
                    Assert.True(commits);
                    Assert.All(offsets, offset => Assert.InRange(offset.Next, _committed[offset.LogIndex] + 1, _acknowledged[offset.LogIndex]));
                    foreach (var (logIndex, next, _) in offsets)
                    {
                        _committed[logIndex] = next;
                    }

                    break;
                case MembershipCommand.Fail:
                    _hasFailed = true;
                    break;
            }
        }

        private static List<int> LogsOf(int partition) => [TakeoverLogs.Payments(partition), TakeoverLogs.Labels(partition)];
    }
}
