using StreamScoring.Client;

namespace StreamScoring.Tests.Client;

public sealed class BatchVectorsTests
{
    [Fact]
    public void A_decision_belongs_to_the_batch_of_its_two_moments_also_where_two_owners_write_in_turn()
    {
        var vectors = new BatchVectors();
        vectors.Note(10, 12, new byte[] { 1 });
        vectors.Note(11, 12, new byte[] { 2 });

        Assert.Equal([1], vectors.Of(10, 12).ToArray());
        Assert.Equal([2], vectors.Of(11, 12).ToArray());
        Assert.True(vectors.Of(10, 13).IsEmpty);
    }

    [Fact]
    public void Of_two_batches_of_one_moment_the_later_one_goes_on()
    {
        var vectors = new BatchVectors();
        vectors.Note(10, 12, new byte[] { 1 });
        vectors.Note(10, 12, new byte[] { 2 });

        Assert.Equal([2], vectors.Of(10, 12).ToArray());
    }

    [Fact]
    public void What_lies_far_back_is_forgotten()
    {
        var vectors = new BatchVectors();
        for (var i = 0; i < 100; i++)
        {
            vectors.Note(i, i, new byte[] { (byte)i });
        }

        Assert.True(vectors.Of(50, 50).IsEmpty);
        Assert.Equal([99], vectors.Of(99, 99).ToArray());
    }
}
