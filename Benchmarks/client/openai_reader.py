"""What a token costs with OpenAI's own library. Arguments: URL STREAMS"""

import asyncio
import resource
import sys

from openai import AsyncOpenAI


def seconds():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


async def read(client):
    count = 0
    async for chunk in await client.chat.completions.create(
            model="scripted", stream=True, messages=[{"role": "user", "content": "Hi"}]):
        count += bool(chunk.choices and chunk.choices[0].delta.content)
    return count


async def main(url, streams):
    before = seconds()
    async with AsyncOpenAI(base_url=url + "/v1", api_key="none") as client:
        tokens = sum(await asyncio.gather(*(read(client) for _ in range(streams))))
    print(tokens, (seconds() - before) * 1e6 / tokens)


asyncio.run(main(sys.argv[1], int(sys.argv[2])))
