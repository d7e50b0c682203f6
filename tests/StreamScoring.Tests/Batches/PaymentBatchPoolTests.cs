using StreamScoring.Batches;
using StreamScoring.Contracts;

namespace StreamScoring.Tests.Batches;

public sealed class PaymentBatchPoolTests
{
    private static readonly BatchLayout Layout = new(new HashSet<TextField>(), [], 0);

    private readonly PaymentBatchPool _pool = new(Layout, batchesMax: 3, rowsMax: 4, bytesInitial: 64);

    [Fact]
    public void A_batch_that_came_back_is_rented_again_and_none_is_rented_beyond_the_bound()
    {
        var rented = Rent(3);
        Assert.Null(_pool.TryRent());
        _pool.Return(rented[1]);
        Assert.Same(rented[1], _pool.TryRent());
        Assert.Equal(3, _pool.Rented);
    }

    [Fact]
    public void Raising_the_bound_gives_more_at_once_and_lowering_it_none_until_enough_came_back()
    {
        var rented = Rent(3);
        _pool.Resize(5, 4);
        rented.AddRange(Rent(2));
        Assert.Null(_pool.TryRent());
        _pool.Resize(2, 4);
        foreach (var batch in rented[..3])
        {
            Assert.Null(_pool.TryRent());
            _pool.Return(batch);
        }

        Assert.Equal(2, _pool.Rented);
        Assert.Null(_pool.TryRent());
        _pool.Return(rented[3]);
        Assert.Same(rented[3], _pool.TryRent());
    }

    [Fact]
    public void Batches_of_another_size_are_let_go_whether_they_were_out_or_not()
    {
        var rented = Rent(3);
        _pool.Return(rented[0]);
        _pool.Resize(3, 8);
        Assert.Equal(8, _pool.TryRent()!.RowsMax);
        _pool.Return(rented[1]);
        Assert.Equal(8, _pool.TryRent()!.RowsMax);
        _pool.Return(rented[2]);
        _pool.Resize(3, 2);
        Assert.Equal(2, _pool.TryRent()!.RowsMax);
        Assert.Equal(3, _pool.Rented);
    }

    private List<PaymentBatch> Rent(int count) => [.. Enumerable.Range(0, count).Select(_ => _pool.TryRent() ?? throw new InvalidOperationException("none is free"))];
}
