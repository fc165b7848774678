"""Three tasks that sleep side by side: a run of 0.3 s."""
import asyncio


async def sleeper(seconds):
    await asyncio.sleep(seconds)


async def tasks():
    await asyncio.gather(sleeper(0.2), sleeper(0.3), sleeper(0.3))


def main():
    asyncio.run(tasks())
