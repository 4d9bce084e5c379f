"""Made-up texts that chat apps export."""

from __future__ import annotations

# Texts of chat apps

SIGNAL_MD = """[2019-05-29, 15:04:00] Me: where is the kettle  
(- Mara: 👍, Odo: ❤ -)
[2019-05-29, 15:05:10] Mara:

> where is the kettle

under the stairs  
second line  
[2019-05-29, 15:06] Me: ![x.jpg](./media/x.jpg)  
[2019-05-29, 15:07:00] Me:   
(( 🍋 ))
[2019-05-29, 15:08:00] Mara: (This message was deleted)
[2019-05-29, 15:09:00] Mara: Incoming voice call (accepted, 2m 3s)  
[2019-05-29, 15:10:00] No-Sender:   
"""  # noqa: W291

SIGNAL_JSON = (
    '{"date": "2019-05-29T15:04:00", "sender": "Me", "body": "kettle?  ", "quote": "", "sticker": "", "reactions": [], "attachments": []}\n'
    '{"date": "2019-05-29T15:05:00", "sender": "Mara", "body": "here  ", "quote": "\\n\\n> kettle?\\n\\n", "sticker": "", "reactions": [["Me", "x"]], "attachments": []}\n'
    '{"date": "2019-05-29T15:06:00", "sender": "Mara", "body": "  ", "quote": "", "sticker": "", "reactions": [], "attachments": [{"name": "x", "path": "media/x"}]}\n'
)

IMESSAGE = """May 17, 2022  5:29:42 PM (Read by them after 5 minutes)
Me
where is the kettle
and the cups
Tapbacks:
Loved by Mara

    May 17, 2022  5:31:00 PM
    Mara
    under the stairs

May 17, 2022  5:30:00 PM
Mara
/Users/x/Library/Messages/Attachments/1/a.heic

May 17, 2022  5:31:00 PM
Mara
under the stairs
This message responded to an earlier message.

May 17, 2022 11:02:03 PM
Me
May 17, 2022 11:02:03 PM thnaks
Edited 10 seconds later: thanks
Sent with Confetti

May 18, 2022  8:00:00 AM You renamed the conversation to Kettle club

May 18, 2022  8:00:01 AM
Mara
They unsent this message part 5 seconds after sending!

"""

LINE_JA = """[LINE] マラとのトーク履歴
保存日時：2023/01/07 10:00

2023/01/05(木)
16:35\tマラ\tやかんはどこ？
16:36\tイルゼ\t"階段の下
もう一行"
16:37\tマラ\t[スタンプ]
16:38\tマラがメッセージの送信を取り消しました
2023/01/06(金)
09:01\tイルゼ\t☎ 通話時間 1:23
09:02\tイルゼ\tおはよう
plain next line
"""

LINE_EN = """[LINE] Chat history with Mara
Saved on: 26/04/2026, 10:00

Sat, 25/04/2026
4:35PM\tMara\tkettle?
4:36PM\tIlse\tunder the stairs
Sun, 26/04/2026
12:10AM\tIlse\t[Photo]
"""

LINE_OLD = """[LINE] Chat history with Mara Voss
Saved on: 2015/12/26 10:00

2015/12/25 Fri
16:35 Mara Voss kettle?
16:36 Ilse under the stairs
16:37 Ilse really
"""

KAKAO_ANDROID = """마라 님과 카카오톡 대화
저장한 날짜 : 2022년 3월 19일 오후 1:00


2022년 3월 18일 오후 9:05
2022년 3월 18일 오후 9:05, 마라 : 주전자 어디?
2022년 3월 18일 오후 9:06, 회원님 : 계단 밑
둘째 줄
2022년 3월 18일 오후 9:07, 마라 : 사진 3장
2022년 3월 19일 오전 12:10, 마라 : 삭제된 메시지입니다.
2022년 3월 19일 오전 12:11, 오도님이 들어왔습니다.
"""

KAKAO_IOS = """Talk_2026.2.2 10:00-1.txt
저장한 날짜 : 2026. 2. 2. 오전 10:00


2026년 2월 1일 일요일
2026. 2. 1. 오후 8:26: 오도님이 나갔습니다.
2026. 2. 1. 오후 8:27, 마라 : 주전자 어디?
2026. 2. 1. 오후 8:28, 이브 : 계단 : 밑
"""

KAKAO_PC = """마라 님과 카카오톡 대화
저장한 날짜 : 2022-03-19 13:00:00

--------------- 2022년 3월 18일 금요일 ---------------
[마라] [오후 9:05] 주전자 어디?
[이브] [오후 9:06] 계단 밑
둘째 줄
오도님이 들어왔습니다.
--------------- 2022년 3월 19일 토요일 ---------------
[이브] [오전 9:06] 이모티콘
"""

KAKAO_PC_EN = """KakaoTalk Chats with Mara
Date Saved : 2022-03-19 13:00:00

--------------- Friday, March 18, 2022 ---------------
[Mara] [9:05 PM] kettle?
[Ilse] [9:06 PM] stairs
"""

KAKAO_CSV = 'Date,User,Message\n2022-03-18 21:05:00,"마라","주전자\n어디?"\n2022-03-18 21:06:00,"이브","계단"\n'

WECHAT_MSG = (
    "\ufefflocalId,TalkerId,Type,SubType,IsSender,CreateTime,Status,StrContent,StrTime,Remark,NickName,Sender\n"
    "1,w1,1,0,0,1647637512,,水壶在哪,2022-03-18 21:05:12,玛拉,mara,w1\n"
    '2,w1,1,0,1,1647637612,,"楼梯下面\n第二行",2022-03-18 21:06:52,,ilse,w0\n'
    "3,w1,3,0,1,1647637712,,<msg><img/></msg>,2022-03-18 21:08:32,,ilse,w0\n"
    "4,w1,10000,0,0,1647637812,,你已添加了玛拉,2022-03-18 21:10:12,,,\n"
    "5,w1,50,0,0,1647637912,,<voipmsg/>,2022-03-18 21:11:52,玛拉,mara,w1\n"
)
WECHAT_CLONE = (
    "id,MsgSvrID,type_name,is_sender,talker,room_name,msg,src,CreateTime\n"
    "0,77,文本,0,w1,玛拉,水壶在哪,,2022-03-18 21:05:12\n"
    "1,78,文本,1,w0,玛拉,楼梯下面,,2022-03-18 21:06:12\n"
    "2,79,图片,1,w0,玛拉,a.jpg,x,2022-03-18 21:07:12\n"
)
WECHAT_LOG = (
    "Time,SenderName,Sender,TalkerName,Talker,Content\n"
    "2022-03-18 21:05:12,玛拉,w1,玛拉,w1,水壶在哪\n"
    "2022-03-18 21:06:12,我自己,w0,玛拉,w1,楼梯下面\n"
)


SIGNAL_BACKUP = """{"version":"1","backupTimeMs":"1766000000000"}
{"account":{"givenName":"Ilse","familyName":"Kamp"}}
{"recipient":{"id":"1","self":{}}}
{"recipient":{"id":"2","contact":{"profileGivenName":"Mara"}}}
{"chat":{"id":"10","recipientId":"2"}}
{"chatItem":{"chatId":"10","authorId":"2","dateSent":"1700000000000","incoming":{},"standardMessage":{"text":{"body":"kettle?"}}}}
{"chatItem":{"chatId":"10","authorId":"1","dateSent":"1700000001000","outgoing":{},"standardMessage":{"text":{"body":"under the stairs"}}}}
"""
