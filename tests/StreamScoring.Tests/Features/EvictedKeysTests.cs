using StreamScoring.Features;
using StreamScoring.Identity;

namespace StreamScoring.Tests.Features;

public sealed class EvictedKeysTests
{
    private const int BitsLog2 = 17, KeysOfFilter = (1 << BitsLog2) / 10, RetentionMs = 1000;

    [Fact]
    public void It_misses_no_key_and_names_less_than_two_in_a_hundred_of_others()
    {
        var evicted = new EvictedKeys(BitsLog2, RetentionMs);
        for (var i = 0; i < 2 * KeysOfFilter; i++)
        {
            evicted.Add(1, KeyOf(i), newestMs: 5000, watermarkMs: 5000);
        }

        Assert.All(Enumerable.Range(0, 2 * KeysOfFilter), i => Assert.True(evicted.MayHold(1, KeyOf(i), 5000)));
        Assert.InRange(Enumerable.Range(1_000_000, 100_000).Count(i => evicted.MayHold(1, KeyOf(i), 5000)), 1, 2000);
        Assert.InRange(Enumerable.Range(0, 10_000).Count(i => evicted.MayHold(2, KeyOf(i), 5000)), 1, 250);
    }

    [Fact]
    public void Once_too_many_went_any_key_may_have_until_what_was_lost_is_out_of_sight()
    {
        var evicted = new EvictedKeys(BitsLog2, RetentionMs);
        for (var i = 0; i <= 2 * KeysOfFilter; i++)
        {
            evicted.Add(0, KeyOf(i), newestMs: i < KeysOfFilter ? 5000 : 5500, watermarkMs: 5500);
        }

        Assert.True(evicted.MayHold(0, KeyOf(-1), 5999));
        Assert.True(evicted.MayHold(0, KeyOf(KeysOfFilter), 6000));
        Assert.InRange(Enumerable.Range(0, KeysOfFilter).Count(i => evicted.MayHold(0, KeyOf(i), 6000)), 0, KeysOfFilter / 50);
        Assert.False(evicted.MayHold(0, KeyOf(KeysOfFilter), 6500));
        Assert.True(evicted.IsEmpty);
    }

    [Fact]
    public void A_copy_knows_the_same_keys_and_one_of_another_size_suspects_all()
    {
        var evicted = new EvictedKeys(BitsLog2, RetentionMs);
        var (same, other) = (new EvictedKeys(BitsLog2, RetentionMs), new EvictedKeys(BitsLog2 + 1, RetentionMs));
        for (var i = 0; i < KeysOfFilter + 100; i++)
        {
            evicted.Add(0, KeyOf(i), newestMs: 5000, watermarkMs: 5000);
        }

        for (var piece = 0; evicted.Copy(piece) is { } bytes; piece++)
        {
            same.Restore(bytes);
            other.Restore(bytes);
        }

        Assert.All(Enumerable.Range(-5000, KeysOfFilter + 5100), i => Assert.Equal(evicted.MayHold(0, KeyOf(i), 5000), same.MayHold(0, KeyOf(i), 5000)));
        Assert.True(other.MayHold(0, KeyOf(-1), 5999));
        Assert.False(other.MayHold(0, KeyOf(1), 6000));
        Assert.Null(new EvictedKeys(BitsLog2, RetentionMs).Copy(0));
    }

    private static UInt128 KeyOf(int number) => IdentityHash.Development.Of(BitConverter.GetBytes(number));
}
