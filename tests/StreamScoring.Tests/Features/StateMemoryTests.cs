using StreamScoring.Features;

namespace StreamScoring.Tests.Features;

public sealed unsafe class StateMemoryTests
{
    [Fact]
    public void Pages_are_apart_whatever_is_taken_and_given_back()
    {
        var (memory, random, pages) = (new StateMemory(long.MaxValue), new Random(1), new List<nint>());
        for (var step = 0; step < 3000; step++)
        {
            if (pages.Count > 0 && random.Next(step % 1000 < 500 ? 4 : 2) == 0)
            {
                var given = random.Next(pages.Count);
                // Nobody else wrote to it while it was ours.
                Assert.Equal(pages[given], *(nint*)pages[given]);
                Assert.Equal(pages[given], *(nint*)(pages[given] + StateMemory.PageBytes - sizeof(nint)));
                memory.GiveBackPage((void*)pages[given]);
                pages.RemoveAt(given);
                continue;
            }

            var page = (nint)memory.TakePage();
            Assert.Equal(0, page % StateMemory.PageBytes);
            *(nint*)page = *(nint*)(page + StateMemory.PageBytes - sizeof(nint)) = page;
            pages.Add(page);
            Assert.Equal(pages.Count * (long)StateMemory.PageBytes, memory.AllocatedBytes);
        }

        foreach (var page in pages)
        {
            memory.GiveBackPage((void*)page);
        }

        Assert.Equal(0, memory.AllocatedBytes);
        GC.KeepAlive(memory);
    }
}
