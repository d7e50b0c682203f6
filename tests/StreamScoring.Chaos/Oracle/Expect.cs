namespace StreamScoring.Chaos.Oracle;

/// <summary>
/// What a published record is to lead to. Written into a header of the record, so that the oracle
/// needs no validation of its own.
/// </summary>
public enum Expect
{
    Nothing,
    Decision,
    DeadLetter,
}
