namespace StreamScoring.Files;

/// <summary>A text holds bytes that are no UTF-8.</summary>
/// <param name="row">Within its row group.</param>
internal sealed class NotUtf8Exception(int row, Exception inner) : Exception("bytes that are no UTF-8", inner)
{
    public int Row => row;
}
