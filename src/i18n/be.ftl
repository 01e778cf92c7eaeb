### Shared by the gateway's pages and the agent

tries-left = { $count ->
    [one] Засталася { $count } спроба
    [few] Засталося { $count } спробы
   *[many] Засталося { $count } спроб
}
level-self = са слоў чалавека
level-low = нізкі
level-substantial = істотны
level-high = высокі
incident = Нумар выпадку: { $incident }
support = Дапамога: { $support }

### Refusals of an authentication token

refused-unknown = Ва ўваходзе адмоўлена.
    .next = Вярніцеся на партал і паспрабуйце зноў. Калі гэта паўторыцца, звярніцеся ў падтрымку і назавіце нумар выпадку.
refused-nonce_malformed = Даныя для ўваходу пашкодзіліся ў дарозе.
    .next = Вярніцеся на партал і пачніце спачатку.
refused-nonce_spent = Час на подпіс скончыўся, або гэты ўваход ужо выкарыстаны.
    .next = Вярніцеся на партал і пачніце спачатку. Пасля ўводу PIN-кода ёсць дзве хвіліны.
refused-origin_malformed = Адрас шлюза няправільны.
    .next = Паведаміце ў падтрымку партала.
refused-token_length = Даныя з вашага камп'ютара маюць няправільны памер.
    .next = Абнавіце Brama agent на гэтым камп'ютары і паспрабуйце зноў.
refused-token_malformed = Даныя з вашага камп'ютара не чытаюцца.
    .next = Абнавіце Brama agent на гэтым камп'ютары і паспрабуйце зноў.
refused-token_format = Гэтая версія праграмы ўваходу не падтрымліваецца.
    .next = Абнавіце Brama agent на гэтым камп'ютары і паспрабуйце зноў.
refused-certificate_encoding = Сертыфікат на вашым токене не чытаецца.
    .next = Папрасіце праверыць токен там, дзе яго выдалі.
refused-signature_encoding = Подпіс, зроблены вашым токенам, не чытаецца.
    .next = Выміце токен, устаўце яго зноў і паўтарыце спробу.
refused-algorithm_unknown = Ваш токен падпісвае спосабам, які гэты сэрвіс не прымае.
    .next = Выберыце іншы сертыфікат або папрасіце навейшы токен там, дзе яго выдалі.
refused-algorithm_mismatch = Подпіс не адпавядае сертыфікату.
    .next = Выберыце іншы сертыфікат або папрасіце праверыць токен там, дзе яго выдалі.
refused-signature_invalid = Подпіс не сапраўдны для гэтага сайта.
    .next = Вярніцеся на партал і пачніце спачатку. Калі гэта паўторыцца, не ўводзьце PIN-код і звярніцеся ў падтрымку.

### gateway: pages

languages = Мова
signin-title = Уваход на { $portal }
signin-return = Вы вернецеся на
signin-level = Патрэбны ўзровень даверу
signin-button = Увайсці з токенам
signin-hint = Brama agent на гэтым камп'ютары пакажа, хто просіць, і запытае PIN-код. Ніколі не ўводзьце PIN-код на старонцы сайта.
signin-step-waiting = Шукаем Brama agent на гэтым камп'ютары
signin-step-asked = Brama agent чакае: выберыце там сертыфікат і ўвядзіце PIN-код
signin-step-ready = Падпісана. Пацвердзіце сваё імя ва ўкладцы, якая адкрылася
signin-done = Вы ўвайшлі. Гэту ўкладку можна закрыць.
signin-gone = Гэты ўваход скончаны. Вярніцеся на партал і пачніце спачатку.
signin-cancel = Вярнуцца на { $host } без уваходу
absent-title = Нічога не адбылося або новая ўкладка не злучаецца?
absent-intro = Значыць, Brama agent на гэтым камп'ютары не працуе.
absent-start = Запусціце яго:
absent-doctor = Калі ён не запускаецца, хай скажа, чаго не хапае:
absent-install = Калі ён не ўстаноўлены, спытайце ў падтрымцы партала, дзе яго ўзяць для вашай сістэмы.
absent-again = Потым націсніце кнопку зноў. Гэта старонка чакае вас паўгадзіны.
continue-title = Гэта вы?
continue-issuer = Сертыфікат выдаў
continue-level = Узровень даверу
continue-button = Працягнуць: { $name }
continue-other = Гэта не я, або мне патрэбны іншы сертыфікат
continue-shares = { $portal } атрымае з сертыфіката ваша імя, вашы нумары і вашу арганізацыю.
signout-title = Выхад
signout-question = Выйсці з Brama ў гэтым браўзеры?
signout-button = Выйсці
signout-done = Вы выйшлі
signout-done-next = Укладку можна закрыць. Не забудзьце свой токен.
home-title = Brama — брама
home-text = Гэта сэрвіс уваходу на дзяржаўныя парталы. Каб увайсці, пачніце з патрэбнага вам партала.

### gateway: refusals

refused-transaction_unknown = Гэты ўваход скончаны або пачаты ў іншым браўзеры.
    .next = Вярніцеся на партал і пачніце спачатку. Файлы cookie для гэтага сайта мусяць быць дазволены.
refused-completion_foreign = Гэты ўваход пачаты ў іншым браўзеры. Ён скасаваны.
    .next = Калі вы яго не пачыналі, хтосьці мог паспрабаваць скарыстацца вашым подпісам: закрыйце старонку і паведаміце нумар выпадку ў падтрымку. Калі гэта былі вы, пачніце зноў на партале ў адным браўзеры.
refused-completion_spent = Гэты ўваход ужо завершаны.
    .next = Вярніцеся на партал. Калі вы там не ўвайшлі, пачніце спачатку.
refused-not_same_origin = Адказ прыйшоў не з гэтай старонкі.
    .next = Вярніцеся на партал і пачніце спачатку.
refused-handle_unknown = Дзве хвіліны на запуск Brama agent скончыліся, або гэты запуск ужо выкарыстаны.
    .next = Вярніцеся на старонку ўваходу і націсніце кнопку зноў.
refused-ticket_unknown = Гэты ўваход скончаны.
    .next = Вярніцеся на партал і пачніце спачатку.
refused-too_many_tries = У гэтым уваходзе было зашмат спроб.
    .next = Вярніцеся на партал і пачніце спачатку.
refused-level_not_reached = Гэты сертыфікат дае ніжэйшы ўзровень даверу, чым патрэбны парталу.
    .next = Выберыце сертыфікат на сертыфікаваным токене або спытайце ў партала пра іншы спосаб.
refused-clock_behind = Гадзіннік сэрвісу няправільны, таму сертыфікаты немагчыма праверыць.
    .next = Паспрабуйце пазней. Калі гэта паўторыцца, звярніцеся ў падтрымку і назавіце нумар выпадку.
refused-identifier_conflict = Нумары з гэтага сертыфіката належаць у нашых запісах двум розным людзям.
    .next = Звярніцеся ў падтрымку і назавіце нумар выпадку. Нічога не зменена.
refused-overloaded = Сэрвіс перагружаны.
    .next = Паспрабуйце праз некалькі хвілін.
refused-not_found = Такой старонкі тут няма.
    .next = Пачніце з патрэбнага вам партала.
refused-internal = На нашым баку адбылася памылка.
    .next = Паспрабуйце пазней. Калі гэта паўторыцца, звярніцеся ў падтрымку і назавіце нумар выпадку.
refused-cancelled = Вы скасавалі ўваход.
    .next = Можна пачаць зноў на партале.

### assurance: refusals

refused-proof_mismatch = Подпіс зроблены не тым сертыфікатам, які быў паказаны.
    .next = Вярніцеся на партал і пачніце спачатку. Калі гэта паўторыцца, звярніцеся ў падтрымку і назавіце нумар выпадку.
refused-identifier_ambiguous = У сертыфікаце два розныя нумары аднаго віду, таму незразумела, чый ён.
    .next = Выберыце іншы сертыфікат або папрасіце новы там, дзе яго выдалі.
refused-subject_unnamed = У сертыфікаце ніхто не названы.
    .next = Выберыце іншы сертыфікат або папрасіце новы там, дзе яго выдалі.

### oidc: refusals

refused-request_too_large = Запыт завялікі.
    .next = Вярніцеся на партал і пачніце спачатку. Калі гэта паўторыцца, паведаміце ў падтрымку партала.
refused-portal_missing = У адрасе не пазначана, з якога партала вы прыйшлі.
    .next = Адкрыйце партал і націсніце кнопку ўваходу там.
refused-portal_unknown = Гэты партал тут не зарэгістраваны, таму ўвайсці на яго нельга.
    .next = Праверце адрас партала. Калі ён правільны, паведаміце ў падтрымку партала.
refused-redirect_uri_missing = Партал не пазначыў, куды вярнуцца.
    .next = Вярніцеся на партал і пачніце спачатку. Калі гэта паўторыцца, паведаміце ў падтрымку партала.
refused-redirect_uri_mismatch = Адрас вяртання не зарэгістраваны за гэтым парталам. Дзеля вашай бяспекі ўваход спынены.
    .next = Адкрыйце партал, набраўшы яго адрас самастойна. Калі гэта паўторыцца, паведаміце ў падтрымку партала.
refused-logout_malformed = Запыт на выхад супярэчыць сам сабе.
    .next = Для бяспекі закрыйце браўзер і паведаміце ў падтрымку партала.
refused-logout_redirect_mismatch = Адрас, куды перайсці пасля выхаду, не зарэгістраваны. Вас туды не перанакіравалі.
    .next = Каб выйсці, закрыйце браўзер, і паведаміце ў падтрымку партала.
refused-status_lapsed = Няма свежых звестак пра тое, ці дзейнічае ваш сертыфікат.
    .next = Паспрабуйце праз некалькі хвілін. Калі не дапаможа, звярніцеся ў падтрымку і назавіце нумар выпадку.
refused-identifier_missing = У вашым сертыфікаце няма нумара, па якім мы маглі б вас пазнаць.
    .next = Выберыце іншы сертыфікат або звярніцеся туды, дзе яго выдалі.
refused-identifier_count = У вашым сертыфікаце больш нумароў, чым мы можам прыняць.
    .next = Выберыце іншы сертыфікат або звярніцеся ў падтрымку і назавіце нумар выпадку.
### agent

## Screens and pages

agent-title = Запыт на ўваход
agent-portal-asks = { $portal } просіць вас увайсці.
agent-return-host = Пасля браўзер вернецца на { $host }
agent-gateway-host = Уваход правярае { $host }
agent-level = Узровень даверу: { $level }
agent-host-warning = Увага: { $host } запісаны не простымі лацінскімі літарамі і можа падрабляць іншы сайт. Калі вы яго не ведаеце, скасуйце.
agent-choose = Увядзіце нумар сертыфіката для ўваходу і націсніце Enter; Ctrl-C скасоўвае:
agent-no-such-number = Увядзіце адзін з нумароў спіса; Ctrl-C скасоўвае:
agent-organisation = Арганізацыя: { $organisation }
agent-issued = Выдаў { $issuer }, дзейнічае з { $from } да { $until }
agent-place = { $reader }, слот { $slot }
agent-unfit-unreadable = Не падыходзіць: сертыфікат не чытаецца.
agent-unfit-issuer = Тут не падыходзіць: гэты сэрвіс не прымае таго, хто яго выдаў.
agent-unfit-not-yet-valid = Пакуль не падыходзіць: дзейнічае з { $from }.
agent-unfit-expired = Больш не падыходзіць: тэрмін скончыўся { $until }. Атрымайце новы там, дзе яго выдалі.
agent-unfit-key-usage = Не падыходзіць: ён не прызначаны для ўваходу.
agent-unfit-extended-key-usage = Не падыходзіць: той, хто яго выдаў, не прызначыў яго для ўваходу.
agent-unfit-algorithm = Тут не падыходзіць: гэты сэрвіс не прымае яго від подпісу.
agent-unfit-pin-blocked = Не падыходзіць: PIN-код заблакаваны. Разблакуйце яго кодам PUK або звярніцеся туды, дзе яго выдалі.
agent-unfit-refused = Толькі што адмоўлена: { $reason }
agent-missing-service = Служба смарт-картак не працуе. Запусціце яе (sudo systemctl start pcscd.socket); далей усё пойдзе само. Ctrl-C скасоўвае.
agent-missing-reader = Падключыце токен або лічыльнік картак. Ctrl-C скасоўвае.
agent-missing-card = Устаўце картку. Ctrl-C скасоўвае.
agent-missing-fit = Ніводзін з гэтых сертыфікатаў тут не падыходзіць. Устаўце іншы токен; Ctrl-C скасоўвае.
agent-missing-reading = Чытаем картку…
agent-missing-in-use = Картку выкарыстоўвае іншая праграма. Закрыйце яе; Ctrl-C скасоўвае.
agent-missing-mute = Картка не адказвае. Выміце яе і ўстаўце зноў; Ctrl-C скасоўвае.
agent-missing-known = Такі від карткі Brama не ведае. Устаўце іншую; Ctrl-C скасоўвае.
agent-missing-certificate = На гэтай картцы няма сертыфіката. Устаўце іншую; Ctrl-C скасоўвае.
agent-last-try-title = Апошняя спроба
agent-last-try = Засталася адна спроба. Калі PIN-код зноў будзе няправільны, токен заблакуецца, і дапамогуць толькі код PUK або той, хто яго выдаў.
agent-last-try-question = Выкарыстаць апошнюю спробу? 1 = так, 0 або Enter = не:
agent-pin-title = Уваход з PIN-кодам
agent-pin = PIN-код:
agent-progress = Падпісваем і правяраем. Не вымайце токен…
agent-done = Гатова. Працягвайце ў браўзеры.
agent-not-done = Вы не ўвайшлі.
agent-button-next = Наступны сертыфікат
agent-button-sign-in = Увайсці
agent-button-cancel = Скасаваць
agent-button-last-try = Апошняя спроба
agent-button-back = Назад
agent-page-title = Уваход не адбыўся
agent-page-code = Код: { $code }
agent-page-update = Як абнавіць
agent-page-back = Назад на старонку ўваходу
agent-doctor-service-absent = Служба смарт-картак pcscd не ўсталяваная.
agent-doctor-service-absent-next = Усталюйце яе: sudo apt install pcscd
agent-doctor-service-stopped = Служба смарт-картак pcscd не працуе.
agent-doctor-service-stopped-next = Запусціце яе: sudo systemctl enable --now pcscd.socket
agent-doctor-service-running = Служба смарт-картак працуе.
agent-doctor-no-reader = Не падключаны ні лічыльнік, ні токен.
agent-doctor-no-reader-next = Падключыце яго; калі падключаны, паспрабуйце іншы порт USB і праверце, ці бачыць яго lsusb.
agent-doctor-card-absent = { $reader }: няма карткі.
agent-doctor-card-absent-next = Устаўце картку чыпам наперад.
agent-doctor-card-reading = { $reader }: картка чытаецца.
agent-doctor-card-reading-next = Паўтарыце праверку праз некалькі секунд.
agent-doctor-card-mute = { $reader }: картка не адказвае.
agent-doctor-card-mute-next = Выміце яе, працярыце кантакты, устаўце зноў.
agent-doctor-card-unknown = { $reader }: такі від карткі невядомы (ATR { $atr }).
agent-doctor-card-unknown-next = Устаўце картку з праграмай PIV або дашліце ATR распрацоўнікам Brama.
agent-doctor-card-in-use = { $reader }: картку выкарыстоўвае іншая праграма.
agent-doctor-card-in-use-next = Закрыйце праграмы, якія працуюць з карткамі (браўзеры з модулямі PKCS#11, gpg --card-status), і паўтарыце праверку.
agent-doctor-card-empty = { $reader }: на картцы няма сертыфіката.
agent-doctor-card-empty-next = Звярніцеся па сертыфікат туды, дзе выдалі картку.
agent-doctor-pin-blocked = { $reader }: PIN-код заблакаваны.
agent-doctor-pin-blocked-next = Разблакуйце яго кодам PUK або звярніцеся туды, дзе выдалі картку.
agent-doctor-certificate = { $owner }: сертыфікат дзейнічае да { $until }.
agent-doctor-certificate-expired = { $owner }: тэрмін сертыфіката скончыўся { $until }.
agent-doctor-certificate-expired-next = Атрымайце новы там, дзе яго выдалі.
agent-doctor-certificate-unreadable = { $reader }, слот { $slot }: сертыфікат не чытаецца.
agent-doctor-certificate-unreadable-next = Папрасіце праверыць картку там, дзе яе выдалі.
agent-doctor-port-free = Порт { $port } вольны: brama-agent не запушчаны.
agent-doctor-port-free-next = Запусціце яго: brama-agent run
agent-doctor-port-own = Порт { $port } абслугоўвае ваша праграма, найхутчэй brama-agent.
agent-doctor-port-foreign = Порт { $port } заняты праграмай карыстальніка { $user }.
agent-doctor-port-foreign-next = Не ўваходзьце, пакуль яна не спыніцца. Спытайце адміністратара, што гэта за праграма: sudo ss -ltnp 'sport = :{ $port }'
agent-doctor-no-gateway = Ніводзін шлюз не настроены.
agent-doctor-no-gateway-next = Запішыце ў { $file } два радкі: [[gateway]] і url = "https://the.gateway"
agent-doctor-gateways-ignored = Шлюзы з вашага файла не выкарыстоўваюцца: файл адміністратара гэтага не дазваляе.
agent-doctor-gateways-ignored-next = Папрасіце адміністратара дадаць шлюз у { $file } або запісаць там allow_user_gateways = true
agent-doctor-gateway-answers = { $gateway } адказвае.
agent-doctor-gateway-unreachable = { $gateway } недаступны.
agent-doctor-gateway-unreachable-next = Праверце сетку і адрас у { $file }. Прычына: { $cause }
agent-doctor-gateway-untrusted = { $gateway } не даказвае, што ён сапраўдны: яго сертыфікату TLS няма даверу.
agent-doctor-gateway-untrusted-next = Не ўваходзьце там. Калі яго цэнтр сертыфікацыі не агульнавядомы, назавіце яго ў { $file }: ca = "file.pem". Прычына: { $cause }
agent-doctor-clock-wrong = Гадзіннікі гэтага камп'ютара і { $gateway } разыходзяцца на { $seconds } с.
agent-doctor-clock-wrong-next = Наладзьце гадзіннік гэтага камп'ютара: sudo timedatectl set-ntp true
agent-doctor-healthy = Усё на месцы.

## Refusals of the agent

refused-agent_cancelled = Вы скасавалі ўваход.
    .next = Нічога не адпраўлена. Каб увайсці, вярніцеся на партал і пачніце спачатку.
refused-agent_browser_left = Старонка гэтага ўваходу ў браўзеры закрытая.
    .next = Нічога не адпраўлена. Каб увайсці, вярніцеся на партал, пачніце спачатку і не закрывайце старонку.
refused-agent_expired = Час на гэты ўваход скончыўся.
    .next = Вярніцеся на партал і пачніце спачатку.
refused-agent_stopping = Brama agent спынены.
    .next = Запусціце яго зноў (brama-agent run), вярніцеся на партал і пачніце спачатку.
refused-agent_gateway_unreachable = Brama agent не можа злучыцца са службай уваходу.
    .next = Праверце сетку і паспрабуйце зноў праз хвіліну.
refused-agent_gateway_untrusted = Служба ўваходу не змагла даказаць, што яна сапраўдная.
    .next = Не ўваходзьце праз гэтую сетку. Паспрабуйце іншую; калі не дапаможа, запусціце brama-agent doctor і звярніцеся ў падтрымку.
refused-agent_handle_unknown = Гэтая спасылка для ўваходу састарэла або ўжо выкарыстана.
    .next = Вярніцеся на партал і націсніце кнопку яшчэ раз.
refused-agent_gateway_answer = Служба ўваходу адказала незразумела для Brama agent.
    .next = Паспрабуйце зноў праз хвіліну. Калі гэта паўторыцца, абнавіце Brama agent або звярніцеся ў падтрымку.
refused-agent_outdated = Гэтая версія Brama agent занадта старая для службы ўваходу.
    .next = Абнавіце Brama agent, вярніцеся на партал і пачніце спачатку.
refused-agent_completion_foreign = Служба ўваходу хацела адправіць ваш браўзер на іншы сайт. Brama agent гэтага не дазволіў.
    .next = Не спрабуйце зноў. Паведаміце ў падтрымку партала.
refused-agent_prompt = Brama agent не мае як спытаць у вас PIN-код.
    .next = Запусціце яго ў тэрмінале (brama-agent run) або ўсталюйце праграму pinentry (sudo apt install pinentry-gnome3).
refused-agent_system = Камп'ютару не хапае рэсурсаў.
    .next = Закрыйце некаторыя праграмы і паспрабуйце зноў.
refused-agent_signature = Токен зрабіў несапраўдны подпіс.
    .next = Выміце токен, устаўце яго зноў і паўтарыце. Калі гэта паўторыцца, папрасіце праверыць токен там, дзе яго выдалі.
refused-agent_not_navigation = Гэты адрас адкрываецца толькі са старонкі ўваходу.
    .next = Перайдзіце на партал і націсніце там кнопку ўваходу. Калі вы так і зрабілі, ваш браўзер занадта стары: абнавіце яго.
refused-agent_gateway_unknown = Brama agent не ведае сайта, які вас сюды накіраваў, і нічога для яго не робіць.
    .next = Калі вы давяраеце гэтаму сайту, папрасіце адміністратара дадаць яго ў спіс агента. Калі вы не націскалі кнопку ўваходу, закрыйце гэтую старонку.
refused-agent_referer_missing = Ваш браўзер не кажа, з якой старонкі вы прыйшлі, таму Brama agent не ведае, хто просіць.
    .next = Вярніцеся на старонку ўваходу і націсніце кнопку там. Калі вы так і зрабілі, дазвольце браўзеру або яго пашырэнням перадаваць загаловак Referer.
refused-agent_referer_foreign = Іншы сайт паспрабаваў пачаць уваход ад вашага імя. Brama agent нічога не зрабіў.
    .next = Закрыйце гэтую старонку. Каб увайсці, самі перайдзіце на партал і націсніце кнопку там.
refused-agent_busy = На гэтым камп'ютары ўжо адкрыты іншы ўваход.
    .next = Завяршыце або скасуйце яго ў акне Brama agent, потым вярніцеся і націсніце кнопку яшчэ раз.

### card: refusals

refused-card_service_stopped = Служба смарт-картак не працуе.
    .next = Запусціце яе (у Debian і Ubuntu: усталюйце пакет pcscd) і паспрабуйце зноў.
refused-card_reader_removed = Счытвальнік адключаны.
    .next = Падключыце яго зноў і пачніце спачатку.
refused-card_removed = Токен выняты зарана.
    .next = Устаўце яго і не вымайце, пакуль не ўвойдзеце.
refused-card_changed = Цяпер у счытвальніку іншы токен.
    .next = Выберыце сертыфікат яшчэ раз.
refused-card_in_use = Токен заняты іншай праграмай.
    .next = Закрыйце яе або дачакайцеся, пакуль яна скончыць, і паспрабуйце зноў.
refused-card_timeout = Токен не адказвае.
    .next = Выміце яго, устаўце зноў правільным бокам і паспрабуйце яшчэ раз.
refused-card_unknown = Токен такога тыпу Brama не ведае.
    .next = Устаўце іншы токен або звярніцеся туды, дзе выдалі гэты.
refused-card_communication = Счытвальнік не змог звязацца з токенам.
    .next = Устаўце яго зноў або паспрабуйце іншы счытвальнік ці порт USB.
refused-card_answer_malformed = Токен даў незразумелы адказ.
    .next = Устаўце яго зноў. Калі не дапаможа, звярніцеся туды, дзе яго выдалі.
refused-card_answer_too_long = Токен даў больш даных, чым любы вядомы.
    .next = Устаўце яго зноў. Калі не дапаможа, звярніцеся туды, дзе яго выдалі.
refused-card_refused = Токен адмовіўся працаваць.
    .next = Паспрабуйце зноў або выберыце іншы сертыфікат. Калі паўторыцца, звярніцеся туды, дзе выдалі токен.
refused-pin_wrong = PIN-код няправільны.
    .next = Праверце і ўвядзіце яго зноў.
refused-pin_blocked = PIN-код заблакіраваны: было зашмат няправільных спроб.
    .next = Разблакіруйце яго кодам PUK або звярніцеся туды, дзе выдалі токен.
refused-pin_format = PIN-код мае ад 6 да 8 лічбаў.
    .next = Увядзіце яго зноў.
refused-pin_required = Токен яшчэ раз патрабуе PIN-код.
    .next = Паспрабуйце зноў і ўвядзіце PIN-код.
refused-card_key_absent = Ключа гэтага сертыфіката на токене няма.
    .next = Выберыце іншы сертыфікат.
refused-card_key_unsupported = Гэты ключ не можа зрабіць патрэбны подпіс.
    .next = Выберыце іншы сертыфікат.
